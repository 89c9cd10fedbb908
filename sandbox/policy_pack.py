"""`sandbox.policy_pack ENGINE FOLDER`: a policy pack as the SDK runs it, in a process that has the SDK loaded already.

The SDK says its port without flushing, and counts on `python -u`; a fork has the streams of where it came from.
"""

from __future__ import annotations

import io
import os
import runpy
import sys


def main() -> None:
    sys.stdout = io.TextIOWrapper(os.fdopen(os.dup(1), "wb", 0), write_through=True)
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
