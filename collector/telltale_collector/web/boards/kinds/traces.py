"""The waterfall of a trace, as its own page draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telltale_collector.web import urls
from telltale_collector.web.boards.kind import Kind, Question
from telltale_collector.web.waterfall import Waterfall, build_waterfall

_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class TraceLines:
    """The first spans of a trace; ``left_out`` more are on its page, at ``url``."""

    waterfall: Waterfall
    left_out: int
    url: str


def _draw(question: Question) -> TraceLines | None:
    trace_id = question.asked.value("trace_id").lower()
    found = question.reader.trace(question.asked.project, trace_id)
    if found is None or not found.spans:
        return None
    return TraceLines(build_waterfall(found.spans[:_MOST]), max(0, len(found.spans) - _MOST), urls.trace(trace_id))


KIND = Kind("traces", "_panel_traces.html", _draw)
