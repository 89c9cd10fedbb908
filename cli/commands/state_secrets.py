"""`python -m cli.commands.state_secrets FILE`: what stands in clear in an exported state; exit 1 where there is any."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rollout.leaks.state_secrets import clear_secrets


def main() -> int:
    found = clear_secrets(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    for line in found:
        print(f"a secret in clear: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
