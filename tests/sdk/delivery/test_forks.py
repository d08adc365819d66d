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


def _missing(names: Counter[str], wanted: list[str]) -> int:
    return len([name for name in wanted if not names[name]])
