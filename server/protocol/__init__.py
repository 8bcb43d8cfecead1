"""The vocabulary of the wire and of the contexts among themselves: plain data, no behaviour, no import of ours."""
