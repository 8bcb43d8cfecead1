"""What guests look at: how well it is found, and how fast."""
