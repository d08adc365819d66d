"""What an alert rule is: pure data, which the collector evaluates and from which Grafana's rules are built.

A rule's SQL is one SELECT that runs as it stands on ClickHouse, with typed parameters:

- ``{project:String}``: the tenant
- ``{from_time:Int64}``, ``{to_time:Int64}``: nanoseconds since 1970, the end not included; ``window_s`` apart

It gives a row for each thing that can be wrong on its own: text columns, which are the alert's labels, and exactly one
number, never NULL, infinite or not a number. Every denominator is guarded, and every ratio asks for some traffic first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from telltale_dashboards.panel import Unit

Severity: TypeAlias = Literal["page", "ticket", "info"]
"""``page`` wakes somebody, ``ticket`` waits for the working day, ``info`` is for the record."""

Bound: TypeAlias = Literal["above", "below"]

WithoutData: TypeAlias = Literal["ok", "alerting", "keep_last"]
"""What a SELECT without any row means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """How to tell why: which rows the value is made of, and how much each of them weighs.

    Attributes:
        rows: what follows FROM, within ``{from_time:Int64}`` and ``{to_time:Int64}``, ending in a WHERE.
        weight: a number for a row; its sum is what the rule is about: dollars, failed calls, nanoseconds.
        unit: of that sum.
        recent_s: the span of time to explain, up to now; it is compared with the same span before.
        labels: how the rule's labels narrow the rows, label to expression.
        dimensions: name to expression: what may explain the sum.
        traces: filters of the trace list that show these rows, beside the labels.
    """

    rows: str
    weight: str
    unit: Unit
    recent_s: int
    labels: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)
    traces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shows:
    """The panel that shows what a rule is about, by its board's uid and its own title."""

    board: str
    panel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that can go wrong.

    Attributes:
        uid: part of addresses and of Grafana's rules, at most 40 characters of a-z, 0-9 and ``-``, never changed; also
            its heading in the runbook.
        title: what is wrong, in a few words; the alert's name.
        description: what it means and what to do first.
        sql: see the module.
        unit: of the value.
        window_s: how far back ``sql`` looks.
        bound: whether values above or below ``threshold`` are bad; the threshold itself is not.
        for_s: how long it has to be bad before the alert fires.
        keep_firing_for_s: how long it has to be good before the alert is over.
        no_data: what no row means.
        shows: the panel that shows it; every ``page`` has one.
        cause: how to tell why.
        budget: where the value is a share of a budget of that label, the label's name: the message says when the budget
            is used up.
        checks: what to look at first, in order; the runbook's steps.
        quiet: how to quiet it for good where it is no fault.
        is_on: whether it is evaluated.
    """

    uid: str
    title: str
    severity: Severity
    description: str
    sql: str
    unit: Unit
    window_s: int
    threshold: float
    bound: Bound = "above"
    for_s: int = 0
    keep_firing_for_s: int = 0
    no_data: WithoutData = "ok"
    shows: Shows | None = None
    cause: Cause | None = None
    budget: str = ""
    checks: tuple[str, ...] = ()
    quiet: str = ""
    is_on: bool = True

    def is_bad(self, value: float) -> bool:
        """Whether a value asks for an alert."""
        return value > self.threshold if self.bound == "above" else value < self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules about one subject, evaluated together.

    Attributes:
        name: a-z, 0-9 and ``-``.
        interval_s: between evaluations; a multiple of 10.
    """

    name: str
    title: str
    description: str
    rules: tuple[Rule, ...]
    interval_s: int = 60
