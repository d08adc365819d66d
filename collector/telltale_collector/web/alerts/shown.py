"""An alert and a rule, in the words of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.alerts.figures import figure, period, window
from telltale_collector.web import format as formats
from telltale_collector.web import urls
from telltale_collector.web.texts import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telltale_collector.alerts.views import AlertView, RuleView
    from telltale_collector.model import ReceiverStatus, Silence, TimeNs
    from telltale_dashboards.rule import Rule

_NS: Final = 1_000_000_000
_TONES: Final = {"page": "is-error", "ticket": "is-warning"}
_LINKS: Final = (
    ("board_url", "Panel"),
    ("trace_url", "Worst trace"),
    ("traces_url", "Traces"),
    ("runbook_url", "What to do"),
)


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """One alert.

    Attributes:
        tone: a class for the colour of its severity.
        value: the newest, as people read it.
        since: how long it has been in its state.
        facts: what of the rule's subjects it is about.
        quiet: who knows of it, or what keeps it back; empty where nothing does.
        also: other rules of its group that fire for the same subjects, less urgent.
        fingerprints: of all of these, with spaces between them.
        matchers: JSON: what a silence of all of these has to match.
    """

    view: AlertView
    tone: str
    value: str
    since: str
    facts: list[Fact]
    links: list[Link]
    quiet: list[str]
    also: list[Link]
    fingerprints: str
    matchers: Sequence[Mapping[str, str | bool]]


@dataclass(frozen=True, slots=True)
class ShownRule:
    """One rule: ``state`` in a word, ``tone`` a class for its colour, ``condition`` when it is bad."""

    view: RuleView
    url: str
    state: str
    tone: str
    condition: str


def shown_alert(views: Sequence[AlertView], now_ns: TimeNs) -> ShownAlert:
    """Alerts of one group about the same, as one: the first, the most urgent, speaks for all."""
    view, *others = views
    return ShownAlert(
        view=view,
        tone=_TONES.get(view.severity, ""),
        value=figure(view.value, view.unit),
        since=lasting(now_ns - (view.starts_at_ns or view.active_at_ns)),
        facts=[Fact(name, text) for name, text in view.labels.items() if text],
        links=[Link(text, _here(view.annotations[name])) for name, text in _LINKS if name in view.annotations],
        quiet=list(_quiet(view, now_ns)),
        also=[Link(f"{other.title} ({other.severity})", urls.alert_rule(other.rule)) for other in others],
        fingerprints=" ".join(each.fingerprint for each in views),
        matchers=[
            {"name": "rule", "value": "|".join(each.rule for each in views), "is_regex": bool(others)},
            # An empty one too: it keeps the silence from those that have a value there.
            *({"name": name, "value": text} for name, text in view.labels.items()),
        ],
    )


def together(views: Sequence[AlertView]) -> list[list[AlertView]]:
    """Alerts of one group and state with the same labels, which say the same in degrees; in the order given."""
    found: dict[tuple[str, bool, str], list[AlertView]] = {}
    for view in views:
        found.setdefault((view.group, view.state == "pending", str(sorted(view.labels.items()))), []).append(view)
    return list(found.values())


def shown_rule(view: RuleView) -> ShownRule:
    state, tone = _state(view)
    return ShownRule(view, urls.alert_rule(view.rule.uid), state, tone, condition_of(view.rule))


def lasting(time_ns: TimeNs) -> str:
    """How long something lasts, to the second: ``7 s``, ``2 min 05 s``."""
    seconds = max(1, time_ns // _NS)
    return f"{seconds} s" if seconds < 60 else formats.duration(seconds * _NS)


def condition_of(rule: Rule) -> str:
    """``above 14.4 over 1 h, for 2 min``."""
    said = f"{rule.bound} {figure(rule.threshold, rule.unit)} over {window(rule)}"
    return f"{said}, for {period(rule.for_s)}" if rule.for_s else said


def matched(silence: Silence) -> str:
    """``rule = cost-burn-1h, service =~ bot.*``."""
    signs = {(False, True): "=", (False, False): "≠", (True, True): "=~", (True, False): "!~"}
    nothing = '""'
    return ", ".join(
        f"{each.name} {signs[each.is_regex, each.is_equal]} {each.value or nothing}" for each in silence.matchers
    )


def fares(status: ReceiverStatus, now_ns: TimeNs) -> tuple[str, str]:
    """How a receiver fares, and a class for the colour of that."""
    if status.error:
        return f"failed {formats.whole(status.failures)} times: {status.error}", "is-error"
    if status.told_at_ns is None:
        return "not told anything since the collector started", ""
    return f"told {formats.ago(status.told_at_ns, now_ns)}", "is-good"


def _state(view: RuleView) -> tuple[str, str]:
    if not view.rule.is_on:
        return "off", ""
    if view.error:
        return "broken", "is-error"
    if view.firing:
        return f"{view.firing} firing", _TONES.get(view.rule.severity, "is-warning")
    if view.pending:
        return f"{view.pending} pending", "is-warning"
    return ("ok", "is-good") if view.evaluated_at_ns else ("waiting", "")


def _quiet(view: AlertView, now_ns: TimeNs) -> list[str]:
    said = []
    if view.acknowledged_by is not None:
        who = view.acknowledged_by or "somebody"
        said.append(f"{who} knows: {view.comment}" if view.comment else f"{who} knows")
    if view.silences:
        last = max(view.silences, key=lambda silence: silence.ends_at_ns)
        said.append(f"silenced, ends {formats.ago(last.ends_at_ns, now_ns)}")
    return said


def _here(url: str) -> str:
    """An address of this UI without its host: the reader is here already."""
    return "/" + url.split("://", 1)[1].split("/", 1)[1] if "://" in url else url
