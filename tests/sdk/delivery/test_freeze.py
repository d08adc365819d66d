"""A process that is frozen at any moment, as functions in a cloud are: what it was sending then arrives, once."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from chaos_proxy import NO_FAULTS, ChaosProxy, Faults

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

FREEZES = int(os.environ.get("TELLTALE_FREEZES", "8"))
RATE, SIZE = 200, 2000


def _ids(app: Any) -> set[str]:
    return {line.split()[0] for line in app.out.splitlines()[1:]}


def _read(app: Any, lines: int) -> None:
    for _ in range(lines):
        app.first_line()


def _freeze(app: Any, eventually: Callable[..., None]) -> None:
    os.kill(app.pid, signal.SIGSTOP)
    eventually(lambda: os.waitid(os.P_PID, app.pid, os.WSTOPPED | os.WNOWAIT | os.WNOHANG) is not None)


@pytest.mark.parametrize("meanwhile", ["nothing", "the connection is cut", "the answer is lost"])
def test_what_a_frozen_process_was_sending_arrives_once(
    apps: Any,
    network: ChaosProxy,
    spans_of: Callable[[str], list[str]],
    eventually: Callable[..., None],
    chance: random.Random,
    record_figure: Callable[..., None],
    meanwhile: str,
) -> None:
    with apps.start(f"http://127.0.0.1:{network.port}", "steady", RATE, SIZE) as app:
        trace_id = app.first_line()
        for _ in range(FREEZES):
            _read(app, chance.randrange(20, 120))
            if meanwhile == "the answer is lost":
                network.break_with(Faults(lose_answer=lambda _: True))
            elif meanwhile == "the connection is cut":
                network.break_with(Faults(bytes_per_s=20_000))  # so that it is frozen in the middle of a request
                _read(app, chance.randrange(60, 120))
            _freeze(app, eventually)
            if meanwhile != "nothing":
                network.break_with(NO_FAULTS)  # which resets all connections, too
            os.kill(app.pid, signal.SIGCONT)
        assert app.end() == 0
    apps.deliver_what_is_left(f"http://127.0.0.1:{network.port}")
    arrived, sent = spans_of(trace_id), _ids(app)
    record_figure(f"freezes while {meanwhile}", FREEZES)
    record_figure(f"spans lost while {meanwhile}", len(sent - set(arrived)), "0")
    record_figure(f"spans doubled while {meanwhile}", len(arrived) - len(set(arrived)), "0")
    assert len(sent) > 100
    assert sent <= set(arrived)
    assert len(arrived) == len(set(arrived))
