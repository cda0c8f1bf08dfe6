"""The server: models, pipeline, channels, views and api of Farside, as one Django app."""

__version__ = "0.1.0"
