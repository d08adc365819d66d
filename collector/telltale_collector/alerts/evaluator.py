"""The thread that evaluates the alert rules, each group at its interval."""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telltale_collector.alerts.book import Annotate, Book
from telltale_collector.alerts.evaluate import evaluate
from telltale_collector.alerts.explain import Why, why
from telltale_collector.alerts.message import Links, annotations_of, heartbeat, message_of
from telltale_collector.alerts.states import Sample
from telltale_collector.errors import NotFound, TelltaleError
from telltale_collector.model import Alert, AlertMessage, BudgetStatus, TimeNs
from telltale_collector.store.alerts import Alerts
from telltale_collector.store.budgets import Budgets
from telltale_collector.store.reader import Reader
from telltale_collector.telemetry import Telemetry
from telltale_dashboards.rule import Group, Rule

log = logging.getLogger("telltale.alerts")

_SECOND_NS = 1_000_000_000
_MOST_DELAY_S = 30
"""How late the newest spans may come and still be seen by an evaluation."""

_EXPLAIN_S = 10.0
_MOST_EXPLAINED = 30
_FAULTS = (TelltaleError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a rule's SQL, its rows, or a driver may raise: none of it ends the thread."""

_LATE = 3
"""After so many intervals without an evaluation a group is late, and the heartbeat stops."""

_AGAIN_NS = 600 * _SECOND_NS
"""How old the reasons of an alert that fires may be."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a rule's last evaluation went.

    Attributes:
        evaluated_at_ns: None while there was none.
        took_ns: of the engine, over all projects.
        error: why it could not be evaluated; "" where it could.
    """

    evaluated_at_ns: TimeNs | None = None
    took_ns: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the evaluator reads."""

    reader: Reader
    alerts: Alerts
    budgets: Budgets


@dataclass(slots=True)
class _Round:
    """One evaluation of a group. Rules that differ in their threshold alone share what their SQL gave.

    To say why takes the engine's time: it is told of so many alerts, for so long; the rest go out without.
    """

    reader: Reader
    group: Group
    now_ns: TimeNs
    until_ns: TimeNs
    _given: dict[tuple[str, str, int], list[Sample]] = field(default_factory=dict)
    _explained: int = 0
    _until_s: float = field(default_factory=lambda: time.monotonic() + _EXPLAIN_S)

    def may_explain(self) -> bool:
        self._explained += 1
        return self._explained <= _MOST_EXPLAINED and time.monotonic() < self._until_s

    def samples(self, rule: Rule, project: str) -> list[Sample]:
        key = (project, rule.sql, rule.window_s)
        if key not in self._given:
            self._given[key] = evaluate(self.reader, rule, project, self.until_ns)
        return self._given[key]


class Evaluator:
    """Evaluates every group, stores what changed, and wakes who tells it.

    An alert of a rule that cannot be evaluated stays as it is; that is counted, logged once, and shown.

    Args:
        groups: the rules, those that are off, too.
        sources: the store.
        telemetry: where evaluations are counted.
        links: for messages.

    Attributes:
        groups: the rules.
        book: the alerts as they stand.
        wake: called after an evaluation that changed something.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        sources: Sources,
        telemetry: Telemetry,
        links: Links,
    ) -> None:
        self.wake: Callable[[], None] = lambda: None
        self.groups = tuple(groups)
        self.book = Book(sources.alerts)
        self._rules = {rule.uid: rule for group in groups for rule in group.rules}
        self._sources = sources
        self._telemetry = telemetry
        self._links = links
        self._health: dict[str, Health] = {}
        self._said_at_ns: dict[str, TimeNs] = {}
        self._is_loaded = False
        self._began_at_ns = time.time_ns()
        self._evaluated_at_ns: dict[str, TimeNs] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def health(self, rule: str) -> Health:
        """How a rule's last evaluation went."""
        return self._health.get(rule, Health())

    def messages(self) -> list[AlertMessage]:
        """What is to be said of alerts that fire, and of those that are over since a day or less; and the heartbeat."""
        kept = [each for each in self.book.kept() if each.alert.starts_at_ns is not None]
        said = [message_of(self._rules.get(each.alert.rule), each, self._links) for each in kept]
        return [*said, heartbeat(self._began_at_ns, self._links)] if self.is_alive(time.time_ns()) else said

    def is_alive(self, now_ns: TimeNs) -> bool:
        """Whether every group was evaluated lately."""
        late = _LATE * _SECOND_NS
        return bool(self.groups) and all(
            now_ns - self._evaluated_at_ns.get(group.name, self._began_at_ns) < late * group.interval_s
            for group in self.groups
        )

    # --- the thread
    def _run(self) -> None:
        due = {group.name: next_due_ns(group, time.time_ns()) for group in self.groups}
        while not self._stopping.is_set() and due:
            group = min(self.groups, key=lambda each: due[each.name])
            wait_s = (due[group.name] - time.time_ns()) / _SECOND_NS
            # a clock that was set back must not silence the rules
            if 0 < wait_s <= group.interval_s and self._stopping.wait(wait_s):
                return
            self.evaluate(group, time.time_ns())
            due[group.name] = next_due_ns(group, time.time_ns())

    def evaluate(self, group: Group, now_ns: TimeNs) -> None:
        """Evaluate a group's rules in every project."""
        try:
            self._load(now_ns)
            projects = self._sources.alerts.projects()
        except _FAULTS as error:
            log.warning("alert rules could not be evaluated, it is tried again: %s", _words(error))
            self._telemetry.alert_failures.labels(group.name).inc()
            return
        at = _Round(self._sources.reader, group, now_ns, now_ns - delay_s(group) * _SECOND_NS)
        has_news = False
        for rule in group.rules:
            if self._stopping.is_set():
                return
            has_news |= rule.is_on and self._evaluate(at, rule, projects)
        self._account(group, now_ns)
        if has_news:
            self.wake()

    def _account(self, group: Group, now_ns: TimeNs) -> None:
        """A group whose rules all fail is not evaluated: the heartbeat stops."""
        on = [rule for rule in group.rules if rule.is_on]
        if not on or any(not self.health(rule.uid).error for rule in on):
            self._evaluated_at_ns[group.name] = now_ns
            self._telemetry.alert_evaluated.labels(group.name).set(now_ns / _SECOND_NS)
        self._telemetry.alerts_firing.set(sum(each.alert.is_firing for each in self.book.kept()))

    def _load(self, now_ns: TimeNs) -> None:
        if not self._is_loaded:
            self.book.load(now_ns)
            self.book.end(frozenset(uid for uid, rule in self._rules.items() if rule.is_on), now_ns)
            self._is_loaded = True

    def _evaluate(self, at: _Round, rule: Rule, projects: Sequence[str]) -> bool:
        begun, error, has_news = time.perf_counter_ns(), "", False

        def annotate(of: Rule, alert: Alert) -> dict[str, str]:
            return self._annotations(of, alert, at)

        for project in projects:
            try:
                samples = at.samples(rule, project)
                has_news |= self.book.take(project, rule, at.group.interval_s, samples, at.now_ns, annotate)
            except _FAULTS as failure:
                error = _words(failure)
                self.book.missed(project, rule.uid, at.now_ns)
        if error:
            self._failed(rule, error)
        else:
            self._say_again(rule, annotate, at.now_ns, has_news=has_news)
        self._health[rule.uid] = Health(at.now_ns, time.perf_counter_ns() - begun, error)
        return has_news

    def _say_again(self, rule: Rule, annotate: Annotate, now_ns: TimeNs, *, has_news: bool) -> None:
        """Who is told again hours later wants to know why it fires now."""
        if not has_news and now_ns - self._said_at_ns.get(rule.uid, 0) > _AGAIN_NS:
            self.book.again(rule, annotate)
        elif not has_news:
            return
        self._said_at_ns[rule.uid] = now_ns

    def _failed(self, rule: Rule, error: str) -> None:
        self._telemetry.alert_failures.labels(rule.uid).inc()
        if not self.health(rule.uid).error:  # said once; the page shows what it is now
            log.warning("alert rule %s could not be evaluated: %s", rule.uid, error)

    def _annotations(self, rule: Rule, alert: Alert, at: _Round) -> dict[str, str]:
        reason: Why | None = None
        budget: BudgetStatus | None = None
        try:
            if rule.cause is not None and at.may_explain():
                reason = why(at.reader, rule.cause, alert.project, alert.labels, at.until_ns)
            name = alert.labels.get(rule.budget) if rule.budget else None
            if name is not None:
                budget = self._budget(alert.project, name, at.until_ns)
        except _FAULTS as error:  # it is said without a reason rather than not at all
            log.warning("why alert rule %s fires could not be told: %s", rule.uid, _words(error))
        return annotations_of(rule, alert, at.until_ns, self._links, reason, budget)

    def _budget(self, project: str, name: str, now_ns: TimeNs) -> BudgetStatus | None:
        try:
            return self._sources.budgets.status(project, self._sources.budgets.one(project, name), now_ns)
        except NotFound:
            return None


def _words(error: Exception) -> str:
    if isinstance(error, TelltaleError):
        return f"{error.message} ({error.hint})" if error.hint else error.message
    return f"{type(error).__name__}: {error}"


def next_due_ns(group: Group, now_ns: TimeNs) -> TimeNs:
    """The next moment of a group's own grid: groups of one interval do not all ask the engine at once."""
    interval_ns = group.interval_s * _SECOND_NS
    offset_ns = zlib.crc32(group.name.encode()) % group.interval_s * _SECOND_NS
    return ((now_ns - offset_ns) // interval_ns + 1) * interval_ns + offset_ns


def delay_s(group: Group) -> int:
    """How long before now the time ends that a rule looks at: spans need a while to come."""
    return min(_MOST_DELAY_S, group.interval_s // 2)
