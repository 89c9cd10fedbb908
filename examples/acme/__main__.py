"""acme's rollout, by the program of this clone. A company that has installed it needs neither path nor comment."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from program import declare

declare()
