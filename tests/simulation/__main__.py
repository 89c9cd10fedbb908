"""`make scale-page`: simulates each case, some minutes in all, and writes figures, picture and section anew.

`python -m tests.simulation drawn` draws and writes from the figures that are known.
"""

from __future__ import annotations

import logging
import sys
import time

from tests.simulation import cases
from tests.simulation.page import PAGE, PICTURE, whole
from tests.simulation.picture import picture


def main(arguments: list[str]) -> int:
    logging.disable(logging.CRITICAL)  # of deliveries that fail, which is what is looked for
    if arguments != ["drawn"]:
        found: dict[str, cases.Figures] = {}
        for name, case in cases.CASES.items():
            began = time.monotonic()
            found[name] = cases.figures(case)
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
        cases.write(found)
    known = cases.known()
    PICTURE.write_text(picture(known), encoding="utf-8")
    PAGE.write_text(whole(known, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
