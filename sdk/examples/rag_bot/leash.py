"""Runs a command for as long as standard input stays open: `python leash.py COMMAND...`.

The pipe closes when its other end goes, even by `kill -9`; so what the demo starts never outlives the demo.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_S = 20.0


def run(command: list[str]) -> int:
    """The command's exit code; 128 and the signal's number where a signal ended it, as shells have it."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the demo's own command
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    threading.Thread(target=_end_with_stdin, args=(process,), daemon=True).start()
    code = process.wait()
    return code if code >= 0 else 128 - code


def _end_with_stdin(process: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):  # not sys.stdin: its lock would stand in the way of the interpreter's end
        continue
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
