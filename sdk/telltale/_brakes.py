"""Budgets at work: asked before each call of a model and each use of a tool, told after it what was used.

``is_on`` is all that a call costs while there is no budget. Nested budgets take from all accounts, or from none.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from telltale import _context, _line, _runtime, semconv
from telltale._account import Account, Repeats, Spent, booking, lock
from telltale._exceeded import BudgetExceeded, Excess
from telltale._fingerprint import fingerprint
from telltale._reservation import Reservation
from telltale._safely import log, safely
from telltale._terms import Terms, longest_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telltale._limits import Rule

_MOST_ACCOUNTS: Final = 10_000
_KEYS: Final = {"user": semconv.USER_ID, "session": semconv.SESSION_ID}
_WHERE: Final = {"run": "in this run", "user": "by this user", "session": "in this session", "service": "here"}

active: Final[ContextVar[tuple[Run, ...]]] = ContextVar("telltale_budgets", default=())
_accounts: Final[OrderedDict[tuple[str, str, float | None, str | None], Account]] = OrderedDict()


def is_on() -> bool:
    """Whether some budget may hold here."""
    return bool(active.get()) or _line.current().holds_everywhere


class Run:
    """A budget that was entered."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.repeats = Repeats()
        self._own = Account(rule.window_s)

    @property
    def spent(self) -> Spent:
        """What was spent so far, as a copy. Of a collector's budget: what the collector knew last, and since then."""
        with booking():
            terms = self.terms("")
            return replace((self._own if terms is None else terms.account).total())

    def terms(self, model: str) -> Terms | None:
        """The budget as it holds for a call of ``model``; None where it does not. The lock is held."""
        rule = self.rule
        if rule.from_collector:
            return _line.current().named(rule, model)
        where = _WHERE[rule.scope] + (f" within {rule.window_s:g} s" if rule.window_s else "")
        asks = rule.limits.usd is not None and model not in rule.prices
        return Terms(
            rule.name,
            rule.limits,
            self._own if rule.scope == "run" else _shared(rule),
            where,
            rule.on_exceed or "warn",
            rule.route,
            rule.prices,
            rule.on_unknown,
            rule.window_s,
            _line.current().price_failure if asks else None,
        )


def _shared(rule: Rule) -> Account:
    """The account that all runs of this process have together, or those of one user or session."""
    name = _KEYS.get(rule.scope)
    owner = None if name is None else _context.attributes().get(name)
    key = (rule.name, rule.scope, rule.window_s, owner)
    account = _accounts.get(key)
    if account is None:
        account = _accounts[key] = Account(rule.window_s)
        if len(_accounts) > _MOST_ACCOUNTS:
            _accounts.popitem(last=False)
    _accounts.move_to_end(key)
    return account


@contextmanager
def inside(run: Run) -> Iterator[None]:
    """Let the budget hold for what is called within."""
    enter(run)
    try:
        yield
    finally:
        leave(run.rule)


def enter(run: Run) -> None:
    active.set((*active.get(), run))


def leave(rule: Rule) -> None:
    """End the innermost run of the rule, where it was entered in this context."""
    runs = active.get()
    mine = next((at for at in reversed(range(len(runs))) if runs[at].rule is rule), None)
    if mine is not None:
        active.set(runs[:mine] + runs[mine + 1 :])


def hold(kind: str, kwargs: dict[str, Any], request: Mapping[str, Any]) -> Reservation:
    """Before a call: take it from the budgets that hold here, or send it to a cheaper model.

    Args:
        kind: llm, embedding, ...
        kwargs: the call's arguments; ``model`` is replaced where a budget says so.
        request: what is asked for, as attributes of the call's span.

    Raises:
        BudgetExceeded: a budget that was asked to raise has no room. Nothing was taken.
    """
    asked = request.get(semconv.REQUEST_MODEL)
    decision = _Decision(asked if isinstance(asked, str) else "", longest_answer(request))
    with safely("ask the budgets"), booking():
        decision.route()
        decision.judge()
        decision.take()
    decision.tell()
    if decision.refusal is not None:
        terms, excess = decision.refusal
        _record_refusal(terms.name, "input", excess, {semconv.REQUEST_MODEL: decision.model or None})
        raise BudgetExceeded(terms.name, excess, terms.window_s)
    if decision.model != decision.asked:
        kwargs["model"] = decision.model
    return Reservation(decision.taken, kind, decision.model, decision.attributes())


@dataclass(slots=True)
class _Decision:
    """What the budgets say of one call."""

    asked: str
    longest: int
    model: str = ""
    taken: list[tuple[Terms, Spent]] = field(default_factory=list)
    exceeded: list[tuple[Terms, Excess]] = field(default_factory=list)
    routed: list[tuple[Terms, Excess]] = field(default_factory=list)
    refusal: tuple[Terms, Excess] | None = None
    news: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.model = self.asked

    def _terms(self) -> Iterator[Terms]:
        """From the outermost to the innermost."""
        yield from _line.current().everywhere(self.model)
        for run in active.get():
            terms = run.terms(self.model)
            if terms is not None:
                yield terms

    def route(self) -> None:
        for terms in self._terms():
            excess = terms.excess(self.model, self.longest) if terms.on_exceed == "route" else None
            if excess is not None and self.model in terms.route:
                self.routed.append((terms, excess))
                if terms.account.tell(f"routed {self.model}"):
                    self.news.append(
                        f"budget {terms.name!r}: {excess}; {self.model} goes to {terms.route[self.model]} from here on"
                    )
                self.model = terms.route[self.model]

    def judge(self) -> None:
        for terms in self._terms():
            excess = terms.excess(self.model, self.longest)
            if all(other.account is not terms.account for other, _ in self.taken):  # entered twice, paid once
                self.taken.append((terms, terms.takes(self.model, self.longest)))
            if excess is None:
                terms.account.told.discard("exceeded")
                continue
            self.exceeded.append((terms, excess))
            if terms.on_exceed == "raise":
                self.refusal = self.refusal or (terms, excess)
            elif not self._is_cheapest(terms) and terms.account.tell("exceeded"):
                self.news.append(f"budget {terms.name!r}: {excess}; the calls go on")

    def _is_cheapest(self, terms: Terms) -> bool:
        return terms.on_exceed == "route" and self.model in terms.route.values()

    def take(self) -> None:
        if self.refusal is not None:
            self.taken.clear()
        for terms, reserved in self.taken:
            terms.account.begin(reserved)

    def tell(self) -> None:
        for news in self.news:  # without the lock: a log handler is the application's code
            log.warning("%s", news)

    def attributes(self) -> dict[str, Any]:
        """Of the call's span: which budgets held, which were exceeded, which could not be held, and the route."""
        said: dict[str, Any] = {
            semconv.BUDGET_NAMES: [terms.name for terms, _ in self.taken],
            semconv.BUDGET_EXCEEDED: [terms.name for terms, _ in self.exceeded],
            semconv.BUDGET_UNHELD: [f"{terms.name}: {terms.unheld}" for terms, _ in self.taken if terms.unheld],
        }
        if self.routed:
            terms, excess = self.routed[-1]
            said[semconv.ROUTE] = f"budget {terms.name}"
            said[semconv.ROUTE_REASON] = str(excess)
            said[semconv.ROUTE_BASELINE_MODEL] = self.asked
        return {name: value for name, value in said.items() if value}


def tool(name: str, arguments: Any) -> None:
    """Before a tool is used: has this run done so too often, with the same arguments?

    Raises:
        BudgetExceeded: a budget that was asked to raise says so.
    """
    counting = [run for run in active.get() if run.rule.same_tool_calls is not None]
    use = 0
    with safely("read a tool's arguments"):
        use = fingerprint(name, arguments) if counting else 0  # without the lock: it runs the application's code
    for run in counting if use else ():
        most, count = run.rule.same_tool_calls or 0, 0
        with safely("count a tool's calls"), lock:
            count = run.repeats.count(use)
        if count > most:
            _repeated(run, Excess("same_tool_calls", most, count, "in this run", name), count == most + 1)


def _repeated(run: Run, excess: Excess, is_new: bool) -> None:
    if run.rule.on_exceed != "raise":
        if is_new:
            log.warning("budget %r: %s; it goes on", run.rule.name, excess)
        return
    _record_refusal(run.rule.name, "tool", excess, {semconv.TOOL_NAME: excess.subject})
    raise BudgetExceeded(run.rule.name, excess, run.rule.window_s)


def _record_refusal(name: str, stage: str, excess: Excess, more: dict[str, Any]) -> None:
    """A call that was not made is no call in any sum: it is a guardrail that has blocked."""
    with safely("record a refusal"):
        runtime = _runtime.current()
        said = {
            semconv.SPAN_KIND: "guardrail",
            semconv.GUARD_NAME: f"budget {name}",
            semconv.GUARD_STAGE: stage,
            semconv.GUARD_VERDICT: "block",
            semconv.GUARD_REASON: str(excess),
            semconv.BUDGET_NAMES: [name],
            semconv.BUDGET_EXCEEDED: [name],
            **{key: value for key, value in more.items() if value is not None},
        }
        runtime.tracer.start_span(f"budget {name}", attributes=said, start_time=runtime.now()).end(runtime.now())
