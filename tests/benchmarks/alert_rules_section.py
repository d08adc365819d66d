"""The part of BENCHMARKS.md about what the alert rules cost."""

from typing import Any

from measures import Target

TARGET = Target(2.0)
"""Seconds of the engine a minute, for all rules of one project."""

_INTRODUCTION = """\
## alert_rules

Every built-in alert rule, evaluated as the collector does it, on the embedded engine in a process without senders: one
project with {spans:,} spans of {days} days, {scores:,} scores, {budgets} budgets, {rolled_hours} hours rolled up. A
figure is the median of {rounds} evaluations, one after the other, with the caches of the engine as they then are.

- **engine**: from the question to the rows; **CPU**: of the process meanwhile, all threads.
- **a minute**: what a rule costs by its interval: every minute, or a fifth of it every five. Rules that differ in their
  threshold alone ask once: the first of them bears it.
"""


def section(result: dict[str, Any], origin: str) -> str:
    """The section's text; empty without a result."""
    if not result:
        return ""
    figures = result["figures"]
    seconds, cpu_s, number = figures["engine_s_per_minute"], figures["cpu_s_per_minute"], len(figures["rules"])
    verdict = "met" if TARGET.is_met(seconds) else "**missed**"
    lines = [_INTRODUCTION.format(**figures), origin, "", "| figure | value | target | |", "|---|---|---|---|"]
    lines.append(f"| engine, all {number} rules | {seconds:.2f} s a minute | <= {TARGET.bound:g} | {verdict} |")
    lines.append(f"| CPU, all {number} rules | {cpu_s:.2f} s a minute | | |")
    lines += ["", "| rule | looks back | every | engine | CPU | engine a minute |", "|---|---|---|---|---|---|"]
    dearest = sorted(figures["rules"].items(), key=lambda item: -_per_minute(item[1]))
    lines += [_row(uid, rule) for uid, rule in dearest]
    return "\n".join(lines) + "\n"


def _row(uid: str, rule: dict[str, Any]) -> str:
    cells = [uid, _length(rule["window_s"]), f"{rule['interval_s']} s"]
    cells += [f"{rule['engine_ms']:,.0f} ms", f"{rule['cpu_ms']:,.0f} ms", f"{_per_minute(rule):,.0f} ms"]
    return f"| {' | '.join(cells)} |"


def _per_minute(rule: dict[str, Any]) -> float:
    return 0.0 if rule["is_shared"] else float(rule["engine_ms"]) * 60 / float(rule["interval_s"])


def _length(seconds: int) -> str:
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds} s"
