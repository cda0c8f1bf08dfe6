"""`python -m edge`: the same as the command `farside`."""

import sys

from edge.cli import main

sys.exit(main())
