"""Processes that fork, in every way that Python programs do: each span is sent once, nothing waits for ever."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

FORKS = int(os.environ.get("TELLTALE_FORKS", "100"))
POOLED = [f"{kind} {number}" for kind in ("recycled", "executor") for number in range(6)]


@pytest.mark.parametrize("way", ["flush", "os._exit", "return"])
def test_forks_under_load_end_and_deliver(
    apps: Any, collector: Any, names_in: Callable[..., Counter[str]], record_figure: Callable[..., None], way: str
) -> None:
    with apps.start(collector.url, "forks", FORKS, way) as app:
        assert app.end(60 + FORKS) == 0, app.err
    apps.deliver_what_is_left(collector.url)
    names = names_in(collector)
    wanted = [f"{who} {number}" for who in ("child", "parent") for number in range(FORKS)]
    record_figure(f"spans lost of {FORKS} forked children ({way}) and their parent", _missing(names, wanted), "0")
    assert [name for name in wanted if names[name] != 1] == []
    assert max(Counter(span.span_id for span in collector.spans).values()) == 1  # the parent's are not the child's


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_every_start_method_deliver(
    apps: Any, collector: Any, names_in: Callable[..., Counter[str]], method: str
) -> None:
    with apps.start(collector.url, "pool", method) as app:
        assert app.end() == 0, app.err
    apps.deliver_what_is_left(collector.url)
    names = names_in(collector)
    assert names == Counter([*POOLED, "terminated", "queued when the children begin"])


WAITS_FOR_WHO_FORKS = """
import os, sys, threading, telltale
from telltale import _runtime
lock, entered = threading.Lock(), threading.Event()
def enter(text=""):
    if threading.current_thread().name == "telltale-spool":
        entered.set()
        with lock: pass
    return text
telltale.init(mask=enter, instrument=False)
with lock:
    {what}
    assert entered.wait(10)
    if os.fork() == 0: os._exit(0)
    assert os.wait()[1] == 0
"""
WHAT = {
    "a mask": 'with telltale.span("masked") as span: span.set(input="text")',
    "what is left to the background thread": "_runtime.current().later(enter, 1)",
}


@pytest.mark.parametrize("what", WHAT.values(), ids=WHAT)
def test_a_fork_does_not_wait_for_ever_for_what_waits_for_who_forks(run_app: Any, collector: Any, what: str) -> None:
    result = run_app(WAITS_FOR_WHO_FORKS.replace("{what}", what), TELLTALE_ENDPOINT=collector.url)
    assert (result.returncode, result.stderr) == (0, "")


def _missing(names: Counter[str], wanted: list[str]) -> int:
    return len([name for name in wanted if not names[name]])
