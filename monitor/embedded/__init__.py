"""Runs the PostgreSQL and Valkey that the wheels carry, so that Farside needs no other server."""
