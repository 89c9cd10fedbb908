"""Started by the engine as `python providers/jamf <address>`, so the project's folder is not on the path yet."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from providers.jamf.serve import main  # noqa: E402
from providers.jamf.tokens import VERSION  # noqa: E402

main(sys.argv[1:], VERSION)
