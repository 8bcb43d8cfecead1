"""A house to look at: believable casts and guests, drawn by a seed. No rule of the server lives here."""
