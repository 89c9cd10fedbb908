"""`python3 -I -S <this file> token | sign-in`; see `command`."""

import os
import sys

# In isolated mode Python knows this folder alone; the packages are found beside it.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    from rollout_gateway.command import main

    sys.exit(main(sys.argv[1:]))
