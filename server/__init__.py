"""Fuuro (封蝋): a realtime-first server for casts and their guests. Start reading at `app.py`, or at ARCHITECTURE.md."""
