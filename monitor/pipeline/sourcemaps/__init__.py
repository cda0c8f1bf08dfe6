"""Uploaded builds: artifacts and their bytes, source maps compiled to an index, names of functions."""
