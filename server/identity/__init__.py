"""The gatekeeper: accounts, numbers, codes, sessions. Promises that a leak here does not reach the others."""
