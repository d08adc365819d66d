"""Writes the tables that users read, from the lists that the program runs: ``-m telltale_collector.document FILE``.

Between ``<!-- generated: NAME -->`` and ``<!-- end -->`` a file holds the table NAME: settings, metrics, routes,
instruments or rules; ``runbook`` is a heading for each rule and what belongs under it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

from fastapi.routing import APIRoute

from telltale import instruments
from telltale_collector import api
from telltale_collector.alerts.figures import figure, period, window
from telltale_collector.receive import otlp_http
from telltale_collector.settings import PREFIX, Settings
from telltale_collector.telemetry import Telemetry
from telltale_dashboards.alerts import groups
from telltale_dashboards.rule import Group, Rule

_MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_RUNBOOK = "dashboards/runbook.md"


def settings_table() -> str:
    rows = []
    for known in fields(Settings):
        default = (
            str(known.default).replace(str(Path("~").expanduser()), "~") if known.default not in {None, ""} else ""
        )
        option = "--" + known.name.replace("_", "-")
        rows.append(
            (f"`{option}`", f"`{PREFIX}{known.name.upper()}`", f"`{default}`" if default else "", _help(known.metadata))
        )
    return _table(("option", "variable", "default", "what it sets"), rows)


def metrics_table() -> str:
    rows = []
    for metric in Telemetry().registry.collect():
        suffix = "_total" if metric.type == "counter" else ""
        rows.append((f"`{metric.name}{suffix}`", metric.type, metric.documentation))
    return _table(("metric", "type", "meaning"), sorted(rows))


def routes_table() -> str:
    rows = []
    for router in (otlp_http.router, *api.routers):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            methods = " ".join(sorted(route.methods or ()))
            rows.append((f"`{methods} {route.path_format}`", (route.description or "").split("\n")[0]))
    return _table(("route", ""), rows)


def instruments_table() -> str:
    rows = []
    for known in instruments.discover().values():
        versions = " to ".join(dict.fromkeys((known.tested[0], known.tested[-1])))
        rows.append((f"`{known.distribution}`", f'`"{known.name}"`', known.traces, versions))
    return _table(("library", "`init(instrument=[…])`", "what becomes spans", "tested with"), rows)


def rules_table() -> str:
    rows = [
        (f"[`{rule.uid}`]({_RUNBOOK}#{rule.uid})", rule.severity, _limit(rule), window(rule), rule.title)
        for group in groups()
        for rule in group.rules
    ]
    return _table(("rule", "severity", "fires", "window", "what is wrong"), rows)


def runbook_sections() -> str:
    return "".join(f"\n## {group.title}\n{_sections(group)}" for group in groups())


def _sections(group: Group) -> str:
    return "".join(f"\n### {rule.uid}\n\n{_section(group, rule)}" for rule in group.rules)


def _section(group: Group, rule: Rule) -> str:
    lasting = f", for {period(rule.for_s)}" if rule.for_s else ""
    kept = f", until good for {period(rule.keep_firing_for_s)}" if rule.keep_firing_for_s else ""
    every = f"looks every {period(group.interval_s)}, over {window(rule)}"
    facts = f"_{rule.title}: {rule.severity}, {_limit(rule)}{lasting}{kept}; {every}._"
    checks = "\n".join(f"{place}. {text}" for place, text in enumerate(rule.checks, 1))
    return f"{facts}\n\n{rule.description}\n\n{checks}\n\nFor good: {rule.quiet}\n"


def _limit(rule: Rule) -> str:
    return f"{rule.bound} {figure(rule.threshold, rule.unit)}"


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "metrics": metrics_table,
    "routes": routes_table,
    "instruments": instruments_table,
    "rules": rules_table,
    "runbook": runbook_sections,
}


def renewed(text: str) -> str:
    """``text`` with every generated table made anew.

    Raises:
        KeyError: a mark names no table.
    """
    return _MARKED.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], text)


def main(paths: Sequence[str]) -> int:
    for path in map(Path, paths):
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _help(metadata: object) -> str:
    assert hasattr(metadata, "__getitem__")
    return str(metadata["help"])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
