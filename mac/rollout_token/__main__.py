"""`python3 -I -S <this file> [token | cached | again]`; see `command`. Not its folder: runpy alone takes 6 ms."""

import os
import sys

# In isolated mode Python knows this folder alone; the package is found beside it.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    from rollout_token.command import main

    sys.exit(main(sys.argv[1:]))
