"""Ends 50 spans, then itself, in the way that its argument names."""

import os
import signal
import sys
import threading
import time

import telltale


def own_handler(number: int, _frame: object) -> None:
    print(f"own handler of {signal.Signals(number).name}", flush=True)
    sys.exit(7)


def wait() -> None:
    while True:
        time.sleep(1)


def own_sigterm() -> None:
    signal.signal(signal.SIGTERM, own_handler)
    os.kill(os.getpid(), signal.SIGTERM)
    wait()


def killed_by(number: int) -> None:
    os.kill(os.getpid(), number)
    wait()


def raises() -> None:
    raise RuntimeError("the application's own")


def in_a_daemon_thread() -> None:
    thread = threading.Thread(target=spans, daemon=True)
    thread.start()
    thread.join()


WAYS = {
    "returns": lambda: None,
    "sys.exit": lambda: sys.exit(3),
    "raises": raises,
    "os._exit": lambda: os._exit(4),
    "SIGTERM": lambda: killed_by(signal.SIGTERM),
    "SIGHUP": lambda: killed_by(signal.SIGHUP),
    "SIGINT": lambda: killed_by(signal.SIGINT),
    "own SIGTERM": own_sigterm,
    "daemon thread": in_a_daemon_thread,
}


def spans() -> None:
    for number in range(50):
        with telltale.span(f"span {number}"):
            pass


# both are ignored where a shell has started all this in the background
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if "own SIGTERM before" in sys.argv:
    signal.signal(signal.SIGTERM, own_handler)
telltale.init()
if sys.argv[1] != "daemon thread":
    spans()
began = time.monotonic()
WAYS.get(sys.argv[1], lambda: killed_by(signal.SIGTERM))()
