"""Benchmarks, one file each in docs/performance.md, and the modules they share."""
