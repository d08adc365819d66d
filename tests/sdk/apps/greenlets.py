"""gevent's patches before everything else: threads, locks and sockets are cooperative, forks its own."""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import sys  # noqa: E402

import gevent  # noqa: E402

import telltale  # noqa: E402

telltale.init()


def work(number: int) -> None:
    with telltale.span(f"greenlet {number}"):
        gevent.sleep(0.001)


gevent.joinall([gevent.spawn(work, number) for number in range(50)])
pid = os.fork()
if pid == 0:
    with telltale.span("child"):
        pass
    sys.exit(0)
os.waitpid(pid, 0)
with telltale.span("after the fork"):
    pass
