"""`python3 -I -S <this file>`: without a word it shows all, with `refresh` it keeps a line for the status line, with
`stdin` it takes a session from there in place of the installed profile's."""

import os
import sys

# In isolated mode Python knows this folder alone; the packages are found beside it.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    from rollout_me.command import main

    sys.exit(main(sys.argv[1:]))
