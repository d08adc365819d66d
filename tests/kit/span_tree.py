"""Spans as an indented list of names: who is inside whom, at a glance."""

from collections.abc import Iterable
from typing import Any


def outline(spans: Iterable[dict[str, Any]]) -> list[str]:
    """Names in the order the spans started, two blanks in front for each span around them.

    Args:
        spans: dicts with ``name``, ``span_id`` and ``parent_span_id``; of API or ``telltale.testing``.
    """
    by_id = {span["span_id"]: span for span in spans}
    return ["  " * _depth(span, by_id) + span["name"] for span in by_id.values()]


def _depth(span: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> int:
    depth = 0
    while (above := by_id.get(span["parent_span_id"] or "")) is not None:
        depth, span = depth + 1, above
    return depth
