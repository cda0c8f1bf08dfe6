"""The door: bytes in, work queued. Writes no rows."""
