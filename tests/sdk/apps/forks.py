"""Forks so many times while three threads record as fast as they can; each child records one span and leaves.

The argument ``busy`` says how a child leaves: ``flush``, ``os._exit`` or ``return``.
"""

import os
import sys
import threading

import telltale

FORKS, WAY = int(sys.argv[1]), sys.argv[2]
telltale.init()
stop = threading.Event()


def work() -> None:
    while not stop.wait(0.0005):
        with telltale.span("load"):
            pass


threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for number in range(FORKS):
    pid = os.fork()
    if pid == 0:
        with telltale.span(f"child {number}"):
            pass
        if WAY == "flush":
            os._exit(0 if telltale.flush(20) else 1)
        if WAY == "os._exit":
            os._exit(0)
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    with telltale.span(f"parent {number}"):
        pass
stop.set()
