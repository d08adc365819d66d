"""Ends so many spans a second, all in one trace, until its standard input is closed or it is killed.

Prints the trace's id, then for each span its id and the moment it had ended, on the monotonic clock in ns.
"""

import os
import sys
import threading
import time

import telltale

RATE, SIZE = float(sys.argv[1]), int(sys.argv[2])
stop = threading.Event()


def wait_for_the_end() -> None:
    sys.stdin.read()
    stop.set()


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


telltale.init()
threading.Thread(target=wait_for_the_end, daemon=True).start()
with telltale.span("run") as run:
    say(run.trace_id)
    began, count = time.monotonic(), 0
    while not stop.wait(max(0.0, began + count / RATE - time.monotonic())):
        with telltale.span(f"step {count}") as span:
            span.set(output=os.urandom(SIZE // 2).hex())
        say(f"{span.span_id} {time.monotonic_ns()}")
        count += 1
