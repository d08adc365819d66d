"""Works, and ends a span after each piece of work, on command: ``go N`` on standard input does N, in one trace.

Prints for each command how long it took in ns, and the trace's id. At the end of its input: how long it took to start
and end a span, each in ns, sorted. As ``plain`` it does the same work and knows nothing of spans.
"""

import os
import socket
import sys
import time
from array import array

KIND, WORK, SIZE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SLOW_NAMES_S = float(os.environ.get("SLOW_NAMES_S", "0"))
IS_TRACED = KIND == "traced"
took = array("q")

if SLOW_NAMES_S:
    look_up = socket.getaddrinfo

    def getaddrinfo(*rest, **more):
        """As with a name server that answers late: the thread waits, the others go on."""
        time.sleep(SLOW_NAMES_S)
        return look_up(*rest, **more)

    socket.getaddrinfo = getaddrinfo


def work() -> None:
    number = 1
    for _ in range(WORK):
        number = number * 31 & 0xFFFF


def step(text: str) -> None:
    clock = time.perf_counter_ns
    span = telltale.span("step")
    began = clock()
    span.__enter__()
    started = clock()
    span.set(output=text)
    ending = clock()
    span.__exit__(None, None, None)
    took.append(started - began + clock() - ending)


def go(count: int) -> str:
    if not IS_TRACED:
        for _ in range(count):
            work()
        return "-"
    with telltale.span("run") as run:
        for _ in range(count):
            work()
            step(text)
    return run.trace_id


if IS_TRACED:
    import telltale

    telltale.init()
text = os.urandom(SIZE // 2).hex()
print("ready", flush=True)
for line in sys.stdin:
    began = time.perf_counter_ns()
    trace_id = go(int(line.split()[1]))
    print(time.perf_counter_ns() - began, trace_id, flush=True)
if took:
    print(*sorted(took), flush=True)
