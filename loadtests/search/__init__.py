"""How well search finds: what `bin/bench search` prints."""
