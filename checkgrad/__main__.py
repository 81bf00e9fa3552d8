"""`python -m checkgrad`."""

import sys

from checkgrad.cli import main

sys.exit(main())
