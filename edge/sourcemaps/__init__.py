"""Source maps: debug IDs into a build, and its upload to the server."""
