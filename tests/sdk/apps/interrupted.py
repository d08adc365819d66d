"""Records and flushes until SIGTERM, sent by itself at the given step of its main thread; without one, counts steps.

A step is a call or a return, of Python or C, in whatever library. Each line of the output is a span that has ended.
"""

import itertools
import os
import signal
import sys
from types import FrameType

import telltale

AT = int(sys.argv[1])
steps = itertools.count()


def watch(_frame: FrameType, _event: str, _argument: object) -> None:
    if next(steps) == AT:
        os.kill(os.getpid(), signal.SIGTERM)


telltale.init()
sys.setprofile(watch)
for number in range(6):
    with telltale.span(f"{AT}: {number}"):
        pass
    os.write(1, f"{AT}: {number}\n".encode())
    if number % 2:
        telltale.flush()
sys.setprofile(None)
os.write(1, f"{next(steps)}\n".encode())
