"""What a CI system needs in an account: a stack of its own, made once by a person."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from program import declare_account

declare_account()
