"""`python -m launcher COMMAND …`, which is what `./onroll` runs."""

import sys

from launcher.commands import main

sys.exit(main())
