"""What pages say of spans that have not ended."""

from __future__ import annotations

import canonical
import pytest

from telltale_collector.web.life import life
from telltale_collector.web.pages.trace_rows import _line
from telltale_collector.web.render import environment

S = 1_000_000_000
START = 1_700_000_000 * S


@pytest.mark.parametrize(
    ("told_at_s", "now_s", "is_silent"),
    [(10, 12, False), (10, 89, False), (10, 91, True), (600, 1259, False), (600, 1261, True), (0, 61, True)],
)
def test_silence_is_twice_the_distance_of_two_signs_and_a_minute(told_at_s: int, now_s: int, is_silent: bool) -> None:
    assert life(START, START + told_at_s * S, START + now_s * S).is_silent is is_silent


def test_what_runs_says_for_how_long_and_what_is_silent_since_when() -> None:
    assert life(START, START + 120 * S, START + 125 * S).words == "running for 2 min 05 s"
    words = life(START, START + 10 * S, START + 3600 * S).words
    assert words == "no sign of life since 2023-11-14 22:13:30.000 UTC"


def test_a_line_of_the_list_is_replaced_while_its_trace_runs() -> None:
    running = canonical.trace(canonical.span(is_open=True), open_spans=1, last_sign=10 * S, start_time=0).trace
    assert _line(running, 1, 20 * S).version != _line(running, 1, 21 * S).version
    done = canonical.trace(canonical.span(), start_time=0).trace
    assert _line(done, 1, 20 * S).version == _line(done, 1, 21 * S).version


@pytest.mark.parametrize(("now_s", "wanted"), [(20, 'class="life"'), (3600, 'class="life silent"')])
def test_the_mark_of_an_open_trace_says_whether_it_is_silent(now_s: int, wanted: str) -> None:
    marks = environment().get_template("_marks.html").module
    assert wanted in marks.lives(0, 10 * S, now_s * S)
