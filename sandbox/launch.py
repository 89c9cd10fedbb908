"""`launch.py HOME PROJECT PYTHON MODULE [ARGUMENT ...]`: what the engine starts as a language host or plug-in, and the
sandbox's Lambda as a function's process. MODULE may be a file: then nothing of the project is importable to it.

Asks the sandbox for a process that has the libraries loaded, and stands in for it: its streams, its signals, its end.
Without such a process it becomes the module itself. Kept small, and started with `-I -S`, since it runs each time.
"""

import json
import os
import signal
import socket
import struct
import sys

SOCKET = "warm.sock"
LENGTH = "!I"
FILE = ".py"


def main() -> int:
    home, project, python, module, *arguments = sys.argv[1:]
    try:
        folder = os.open(home, os.O_RDONLY)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        os.close(folder)
    except OSError:
        if module.endswith(FILE):
            os.execv(python, [python, "-I", module, *arguments])
        code = (
            f"import sys, runpy; sys.path.insert(0, {project!r}); sys.argv = [{module!r}, *sys.argv[1:]]; "
            f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
        )
        os.execv(python, [python, "-P", "-c", code, *arguments])
    asked = {"module": module, "arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}  # noqa: PTH109
    text = json.dumps(asked).encode()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: connection.sendall(bytes([received])))
    socket.send_fds(connection, [struct.pack(LENGTH, len(text))], [0, 1, 2])
    connection.sendall(text)
    for number in (0, 1):
        os.close(number)  # only the module holds them now, so that its end is seen
    parent = os.getppid()
    connection.settimeout(1)
    while os.getppid() == parent:  # an engine that was killed tells nobody
        try:
            answer = connection.recv(1)
        except TimeoutError:
            continue
        return answer[0] if answer else 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
