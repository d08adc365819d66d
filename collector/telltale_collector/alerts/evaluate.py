"""Runs one rule's SQL and reads its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from telltale_collector.alerts.states import Sample
from telltale_collector.errors import BadRequest
from telltale_collector.model import TimeNs
from telltale_collector.store.panels import Answer, run_panel
from telltale_collector.store.reader import Reader
from telltale_dashboards.rule import Rule

_SECOND_NS = 1_000_000_000
_TAKEN = ("alertname", "project", "rule", "severity")
"""Labels that every alert gets besides its own."""

_MOST_ROWS = 1_000
"""Alerts of one rule: more of them tell nobody anything, and each is remembered."""


def evaluate(reader: Reader, rule: Rule, project: str, until_ns: TimeNs) -> list[Sample]:
    """What a rule says of the time up to ``until_ns``.

    Raises:
        StoreError: the engine refused the SQL or could not be reached.
        BadRequest: its rows are not what a rule's rows are; the text says what to change.
    """
    times = {"from_time": until_ns - rule.window_s * _SECOND_NS, "to_time": until_ns}
    return samples_of(run_panel(reader, rule.sql, {"project": project, **times}))


def samples_of(answer: Answer) -> list[Sample]:
    """The rows as labels and a value.

    Raises:
        BadRequest: there is not exactly one number, a value is none, a row comes twice, or there are too many.
    """
    if not answer.rows:  # the engine then names no columns either
        return []
    number = number_of(answer)
    if len(answer.rows) > _MOST_ROWS:
        raise BadRequest(f"{len(answer.rows):,} rows", f"LIMIT the rule's SQL to at most {_MOST_ROWS:,}")
    samples = [_sample(row, number) for row in answer.rows]
    _refuse_doubles(samples)
    return samples


def number_of(answer: Answer) -> str:
    """The column with the value; all others are labels."""
    if len(answer.numbers) != 1 or answer.times:
        others = ", ".join([*answer.numbers, *answer.times]) or "none"
        raise BadRequest(
            f"a rule gives text columns and exactly one number, this has: {others}",
            "toString() what is a label, leave out times",
        )
    refuse_taken(answer.columns)
    return answer.numbers[0]


def refuse_taken(columns: Iterable[str]) -> None:
    """Two alerts that differ in such a label alone would leave as one.

    Raises:
        BadRequest: a column is named as a label that every alert has.
    """
    taken = [name for name in columns if name in _TAKEN]
    if taken:
        raise BadRequest(f"every alert has a label {taken[0]!r} already", "give the column another name")


def _sample(row: Mapping[str, Any], number: str) -> Sample:
    if row[number] is None:
        raise BadRequest("a value is NULL, infinite or not a number", "guard denominators, and aggregates of no rows")
    labels = {name: "" if text is None else str(text) for name, text in row.items() if name != number}
    return Sample(labels, float(row[number]))


def _refuse_doubles(samples: Sequence[Sample]) -> None:
    seen = {tuple(sorted(sample.labels.items())) for sample in samples}
    if len(seen) < len(samples):
        raise BadRequest("two rows have the same labels", "GROUP BY all text columns")
