"""The commit guard: `python3 -I -S <this folder>`, with a PreToolUse hook's JSON on stdin."""

import os
import sys

# In isolated mode Python knows this folder alone; the package is found beside it.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    if sys.argv[1:] == ["report"]:
        from commit_guard.report import main
    else:
        from commit_guard.hook import main
    sys.exit(main())
