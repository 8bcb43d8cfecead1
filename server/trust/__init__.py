"""Reviews, radar, guest records, memos: nothing yet but its place; it reads the same events as the others when it comes."""
