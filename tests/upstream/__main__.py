"""`python -m tests.upstream` writes docs/upstream.md; with `ask`, asks each registry and says what is newer.

The exit code of `ask` is 1 where something is newer than what is known, and 3 where somebody did not answer.
"""

from __future__ import annotations

import sys

from tests.upstream.asking import SilentError, newest
from tests.upstream.page import PAGE, page
from tests.upstream.upstreams import UPSTREAMS, known, numbers


def ask() -> int:
    newer, silent = 0, 0
    print("| Upstream | Newest known | Now |\n| --- | --- | --- |")
    for one in UPSTREAMS:
        have = known()[one.key].newest
        if not one.ask:
            continue
        try:
            now = newest(one)
        except SilentError as error:
            silent += 1
            print(f"| {one.name} | {have} | not asked: {error} |", flush=True)
        else:
            is_newer = numbers(now) > numbers(have)
            newer += is_newer
            print(f"| {one.name} | {have} | {f'**{now}**' if is_newer else now} |", flush=True)
    return 1 if newer else 3 if silent else 0


def main(arguments: list[str]) -> int:
    if arguments == ["ask"]:
        return ask()
    PAGE.write_text(page(known()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
