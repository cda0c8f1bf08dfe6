"""The server agent: reads the machine's state and reports it as series."""
