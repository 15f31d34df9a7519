"""`python -m weles`: the command `weles`."""

import sys

from weles.cli import main

sys.exit(main())
