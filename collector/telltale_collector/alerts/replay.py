"""When rules would have fired: their SQL over past data, through the same states as now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from telltale_collector.alerts.evaluate import evaluate
from telltale_collector.alerts.evaluator import delay_s
from telltale_collector.alerts.states import step
from telltale_collector.model import Alert, TimeNs
from telltale_collector.store.reader import Reader
from telltale_dashboards.rule import Group, Rule

_SECOND_NS = 1_000_000_000
_EVALUATIONS = 2_000
_MOST_EVALUATIONS = 10_000
_LONGEST_STEP_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One time that an alert would have fired.

    Attributes:
        labels: what was wrong.
        ends_at_ns: None where it still fired at the end of the range.
        peak: the worst value meanwhile.
    """

    labels: Mapping[str, str]
    starts_at_ns: TimeNs
    ends_at_ns: TimeNs | None
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How far a rule is replayed, and how often it fired.

    Attributes:
        step_s: between two evaluations; longer than the group's interval where the range is long.
        evaluated, evaluations: how many are done, and how many there are.
    """

    rule: str
    step_s: int
    evaluated: int
    evaluations: int
    fired: tuple[Fired, ...]

    @property
    def is_done(self) -> bool:
        return self.evaluated == self.evaluations


def replay(reader: Reader, group: Group, rule: Rule, project: str, times: tuple[TimeNs, TimeNs]) -> Iterator[Replayed]:
    """Evaluate a rule again and again within a range; what is known after each evaluation.

    Raises:
        StoreError: the engine refused the SQL or could not be reached.
        BadRequest: the rule's rows are not what a rule's rows are.
    """
    step_ns = step_s_of(group, times) * _SECOND_NS
    moments = range(times[0] + step_ns, times[1] + 1, step_ns)
    known: dict[str, Alert] = {}
    log = _Log(rule)
    for number, now_ns in enumerate(moments, 1):
        samples = evaluate(reader, rule, project, now_ns - delay_s(group) * _SECOND_NS)
        known = step(project, rule, step_ns // _SECOND_NS, known, samples, now_ns)
        log.see(known)
        yield Replayed(
            rule=rule.uid,
            step_s=step_ns // _SECOND_NS,
            evaluated=number,
            evaluations=len(moments),
            fired=tuple(log.fired.values()),
        )


def step_s_of(group: Group, times: tuple[TimeNs, TimeNs]) -> int:
    """The group's interval; in a long range up to five minutes, so that the answer comes while somebody waits.

    Beyond a month more: it has to come at all.
    """
    range_s = (times[1] - times[0]) // _SECOND_NS
    wanted_s = max(min(range_s // _EVALUATIONS, _LONGEST_STEP_S), range_s // _MOST_EVALUATIONS)
    return max(group.interval_s, wanted_s)


@dataclass(slots=True)
class _Log:
    """What fired, by fingerprint and start."""

    rule: Rule
    fired: dict[tuple[str, TimeNs], Fired] = field(default_factory=dict)

    def see(self, known: Mapping[str, Alert]) -> None:
        for alert in known.values():
            if alert.starts_at_ns is None:
                continue
            key = (alert.fingerprint, alert.starts_at_ns)
            before = self.fired.get(key)
            if before is None:
                before = Fired(labels=alert.labels, starts_at_ns=alert.starts_at_ns, ends_at_ns=None, peak=alert.value)
            peak = self._worse(before.peak, alert.value) if alert.is_firing else before.peak
            self.fired[key] = replace(before, ends_at_ns=alert.ends_at_ns, peak=peak)

    def _worse(self, one: float, other: float) -> float:
        return max(one, other) if self.rule.bound == "above" else min(one, other)
