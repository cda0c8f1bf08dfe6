"""Farside's far end: prober, server agent and source map uploads, without Django."""

__version__ = "0.1.0"
