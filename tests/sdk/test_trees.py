"""Random programs of nested steps: every span has the parent that the code says, and ends as its step did."""

from __future__ import annotations

import gc
import logging
import os
import random
from typing import TYPE_CHECKING, Any

import pytest
from drawn_programs import CANCELLED, DONE, RAISED, expected, program
from span_trees import run

import telltale
from telltale import testing

if TYPE_CHECKING:
    from figures import FigureRecorder

TREES = int(os.environ.get("TELLTALE_TREES", "150"))
SEED = int(os.environ.get("TELLTALE_SEED") or random.randrange(10**9))


def _ending(span: dict[str, Any]) -> str:
    given = span["attributes"]
    if given.get("telltale.cancelled") or given.get("telltale.stream.cancelled"):
        return CANCELLED
    return RAISED if span["status"] == "error" else DONE


def _found(spans: list[dict[str, Any]]) -> dict[str, tuple[str | None, str]]:
    names = {span["span_id"]: span["name"] for span in spans}
    return {span["name"]: (names.get(span["parent_span_id"] or ""), _ending(span)) for span in spans}


def test_every_span_has_the_parent_that_the_code_says_and_ends_as_its_step_did(
    caplog: pytest.LogCaptureFixture, record_figure: FigureRecorder
) -> None:
    print(f"seed {SEED}")
    caplog.set_level(logging.WARNING)
    spans = wrong = 0
    endings = dict.fromkeys((DONE, RAISED, CANCELLED), 0)
    for seed in range(SEED, SEED + TREES):
        step = program(seed)
        with testing.capture(instrument=False) as captured:
            run(step)
            gc.collect(0)
            found, sent = _found(captured.spans), len(captured.spans)
        wanted = expected(step)
        if found != wanted or sent != len(wanted):
            wrong += 1
            print(f"seed {seed}: {sorted(wanted.items() ^ found.items(), key=str)}")
        spans += sent
        for _, ending in found.values():
            endings[ending] += 1
    record_figure("random programs", TREES)
    record_figure("spans", spans)
    record_figure("cancelled, timed out or left half used", endings[CANCELLED])
    record_figure("programs with a wrong parent or ending", wrong, "0")
    record_figure("lines in the log", len(caplog.records), "0")
    assert wrong == 0
    assert caplog.records == []
    assert min(endings.values()) > 0


def test_a_cancelled_step_is_no_failure() -> None:
    import asyncio

    async def cancelled() -> None:
        async with telltale.span("step"):
            await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await cancelled()

    with testing.capture(instrument=False) as captured:
        asyncio.run(main())
    span = captured.span("step")
    assert span["attributes"]["telltale.cancelled"] is True
    assert (span["status"], span["events"]) == ("unset", [])


def test_a_killed_greenlet_is_a_cancelled_step() -> None:
    import gevent

    def step() -> None:
        with telltale.span("step"):
            gevent.sleep(60)

    with testing.capture(instrument=False) as captured:
        greenlet = gevent.spawn(step)
        gevent.sleep(0)
        greenlet.kill()
    span = captured.span("step")
    assert (span["attributes"].get("telltale.cancelled"), span["status"]) == (True, "unset")
