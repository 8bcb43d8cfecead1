"""Load on a running Fuuro, and its comparison with others."""
