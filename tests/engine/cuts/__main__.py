"""`make cuts-page`: docs/cuts.md from sandboxes that are tried now."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engine.cuts.parts import PARTS
from tests.engine.cuts.table import PAGE, page
from tests.engine.cuts.test_cuts_page import WRITE

TESTS = Path(__file__).with_name("test_cuts_page.py")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", str(TESTS), "-k", "who_is_cut"]
        code = subprocess.run(command, env={**os.environ, WRITE: folder}, check=False).returncode
        if code:
            return code
        texts = [(Path(folder) / f"{number}.md").read_text(encoding="utf-8") for number in range(len(PARTS))]
    PAGE.write_text(page(texts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
