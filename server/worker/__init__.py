"""Claim → run: reactions to the outbox, effects outside Postgres under a lease, and what the clock asks for."""
