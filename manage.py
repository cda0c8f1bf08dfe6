#!/usr/bin/env python3
"""Runs one of Django's or Farside's commands from a checkout."""

import sys

from monitor.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
