"""Checkup: what the stored spans say about the instrumentation that sent them.

To add a fault: ``checkup/<fault>.py`` ending in ``FAULT = Fault(...)`` and ``store/queries/checkup_<fault>.sql``.
The query takes ``project``, ``from_time`` and ``to_time``, and gives one row a group with the columns ``faulty``
(how many in this group), ``faulty_in_all`` (in all groups), ``looked_at`` (how many could have been), ``last_seen``
(when the newest arrived), ``examples`` (trace ids), and whatever tells one group from another. Nothing to mend: no
rows.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal, TypeAlias

from telltale_collector.model import TimeNs
from telltale_collector.store.reader import Reader

Severity: TypeAlias = Literal["error", "warning", "info"]
"""``error``: money or calls are missing from sums; ``warning``: something is guessed or cut; ``info``: a risk."""

Row: TypeAlias = Mapping[str, Any]
"""A group as the fault's query gives it, by column."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
_EXAMPLES = 3
_BOOKKEEPING = {"faulty", "faulty_in_all", "looked_at", "last_seen", "examples"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which instrumentation goes wrong.

    Attributes:
        name: the module's name.
        title: what is wrong, as a heading.
        severity: how much it distorts.
        of: what ``looked_at`` counts, in the plural.
        query: the named query that finds it.
        why: why it matters, for money or for reading.
        mend: the line that mends one group: code, a setting or a command, ready to copy; remarks follow a ``#``.
    """

    name: str
    title: str
    severity: Severity
    of: str
    query: str
    why: str
    mend: Callable[[Row], str]


@dataclass(frozen=True, slots=True)
class Group:
    """The part of a finding that one line mends.

    Attributes:
        told_by: what tells this group from others, and its evidence, by column of the query.
        count: how many.
        mend: the line that mends it.
        last_seen: when the newest arrived.
        examples: trace ids, newest first, at most three.
    """

    told_by: Row
    count: int
    mend: str
    last_seen: TimeNs
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that is there.

    Attributes:
        fault: which.
        count: how many spans or calls have it, all groups together.
        looked_at: how many could have had it.
        groups: the largest first, at most twenty.
    """

    fault: Fault
    count: int
    looked_at: int
    groups: Sequence[Group]

    @property
    def share(self) -> float:
        """Of those looked at, from 0 to 1."""
        return self.count / max(self.looked_at, self.count)

    @property
    def mend(self) -> str:
        """The lines that mend it, each once, the largest group's first."""
        return "\n".join(dict.fromkeys(group.mend for group in self.groups))

    @property
    def last_seen(self) -> TimeNs:
        """When the newest arrived."""
        return max(group.last_seen for group in self.groups)

    @property
    def examples(self) -> list[str]:
        """Trace ids, at most three."""
        return list(dict.fromkeys(trace_id for group in self.groups for trace_id in group.examples))[:_EXAMPLES]


@cache
def faults() -> tuple[Fault, ...]:
    """All that is looked for, the gravest first."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found = [import_module(f"{__name__}.{name}").FAULT for name in names]
    return tuple(sorted(found, key=lambda fault: (SEVERITIES.index(fault.severity), fault.name)))


def find_faults(reader: Reader, project: str, from_time: TimeNs, to_time: TimeNs) -> list[Finding]:
    """Look for every fault in a project's spans that start within a time range.

    Args:
        reader: reads the store.
        project: whose spans.
        from_time: the first ns that counts.
        to_time: the first ns that no longer does.

    Returns:
        The faults that are there, the gravest and then the most frequent first.
    """
    found = []
    for fault in faults():
        rows = reader.run(fault.query, project=project, from_time=from_time, to_time=to_time)
        if rows:
            groups = [_group(fault, row) for row in rows]
            found.append(Finding(fault, rows[0]["faulty_in_all"], rows[0]["looked_at"], groups))
    return sorted(found, key=lambda finding: (SEVERITIES.index(finding.fault.severity), -finding.count))


def _group(fault: Fault, row: Row) -> Group:
    told_by = {name: value for name, value in row.items() if name not in _BOOKKEEPING}
    return Group(told_by, row["faulty"], fault.mend(row), row["last_seen"], row["examples"])
