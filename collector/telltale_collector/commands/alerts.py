"""``telltale alerts``: which rules there are, whether one's own are right, and when they would have fired."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from telltale_collector.alerts.figures import figure, period, window
from telltale_collector.alerts.own_rules import load_rules, own_groups
from telltale_collector.alerts.shape import check_shape
from telltale_collector.commands._http import DEFAULT_URL, NoCollector, get, post_lines
from telltale_collector.errors import StartError, TelltaleError
from telltale_collector.store.client import Client
from telltale_collector.store.migrate import migrate
from telltale_collector.store.reader import Reader
from telltale_collector.store.times import write_time
from telltale_dashboards.rule import Rule

_OK, _FAILED, _USAGE = 0, 1, 2
_SECOND_NS = 1_000_000_000


def alerts(argv: Sequence[str]) -> int:
    """List the alert rules, check a file of own ones, or see when rules would have fired."""
    options = _parser().parse_args(list(argv))
    try:
        exit_code: int = options.act(options)
    except StartError as error:
        print(f"telltale alerts: {_said(error)}", file=sys.stderr)
        return _USAGE
    except NoCollector as error:
        print(f"telltale alerts: {error}", file=sys.stderr)
        return _USAGE
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale alerts", description=alerts.__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="the built-in rules, and those of a file with its changes")
    rules = os.environ.get("TELLTALE_ALERT_RULES") or None
    listing.add_argument("--rules", type=Path, default=rules, metavar="FILE", help="own rules [TELLTALE_ALERT_RULES]")
    listing.add_argument("--json", action="store_true", help="everything about each rule")
    listing.set_defaults(act=_list)
    check = actions.add_parser("check", help="read a file of own rules, and run their SQL on an empty store")
    check.add_argument("file", type=Path)
    check.set_defaults(act=_check)
    test = actions.add_parser("test", help="when a running collector's rules would have fired on past data")
    test.add_argument(
        "--from", dest="start", default="now-7d", help="such as 2026-01-31 or now-2d (default: %(default)s)"
    )
    test.add_argument("--to", dest="end", default="now", help="the end, likewise (default: %(default)s)")
    test.add_argument("--rule", default="", metavar="UID", help="only this one; else all that are on")
    test.add_argument("--json", action="store_true", help="a JSON object for each rule")
    test.add_argument("--url", default=DEFAULT_URL, help="the running collector (default: %(default)s)")
    test.set_defaults(act=_test)
    return parser


# --- list -----------------------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> int:
    groups = load_rules(options.rules)
    if options.json:
        found = [
            {"group": group.name, "interval_s": group.interval_s} | asdict(r) for group in groups for r in group.rules
        ]
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return _OK
    rows: list[tuple[str, ...]] = [("rule", "severity", "threshold", "window", "for", "title")]
    rows += [_row(rule) for group in groups for rule in group.rules]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]))
    return _OK


def _row(rule: Rule) -> tuple[str, ...]:
    threshold = f"{rule.bound} {figure(rule.threshold, rule.unit)}"
    title = rule.title if rule.is_on else f"{rule.title} (off)"
    return (rule.uid, rule.severity, threshold, window(rule), period(rule.for_s), title)


# --- check ----------------------------------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    rules = [rule for group in own_groups(options.file) for rule in group.rules]
    with tempfile.TemporaryDirectory(prefix="telltale-check-") as folder:
        faults = list(_faults(rules, folder))
    for rule, fault in faults:
        print(f"{options.file}: rule {rule!r}: {fault}", file=sys.stderr)
    if not faults:
        print(f"{options.file}: {_number(len(rules), 'rule')}, all right")
    return _FAILED if faults else _OK


def _faults(rules: Sequence[Rule], folder: str) -> Iterator[tuple[str, str]]:
    client = Client(f"chdb://{folder}/clickhouse", readers=1)
    try:
        migrate(client)
        for rule in rules:
            try:
                check_shape(Reader(client), rule, time.time_ns())
            except TelltaleError as error:
                yield rule.uid, _said(error)
    finally:
        client.close()


# --- test -----------------------------------------------------------------------------------------------------------


def _test(options: argparse.Namespace) -> int:
    has_failed = False
    for uid in [options.rule] if options.rule else _rules_that_are_on(options.url):
        found = _replayed(options, uid)
        has_failed |= "error" in found
        _show_progress("")
        print(json.dumps(found, ensure_ascii=False) if options.json else "\n".join(_told(found)), flush=True)
    return _FAILED if has_failed else _OK


def _rules_that_are_on(url: str) -> list[str]:
    return [rule["uid"] for rule in get(url, "/api/v1/alerts/rules", {})["rules"] if rule["is_on"]]


def _replayed(options: argparse.Namespace, uid: str) -> dict[str, Any]:
    body = {"start": options.start, "end": options.end, "rule": uid}
    for answer in post_lines(options.url, "/api/v1/alerts/test", body):
        if answer.get("done"):
            return answer
        _show_progress(f"{uid}: {answer['evaluated']} of {answer['evaluations']}")
    raise NoCollector("the answer ended early: run it again, for a shorter time")


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _told(answer: Mapping[str, Any]) -> Iterator[str]:
    if "error" in answer:
        hint = f" ({answer['hint']})" if answer["hint"] else ""
        yield f"{answer['rule']}: could not be evaluated: {answer['error']}{hint}"
        return
    fired, every = answer["fired"], period(answer["step_s"])
    if not fired:
        yield f"{answer['rule']}: would not have fired, looked at every {every}"
        return
    times = _number(len(fired), "time")
    yield f"{answer['rule']}: would have fired {times}, looked at every {every}: {answer['title']}"
    for each in sorted(fired, key=lambda one: one["starts_at_ns"]):
        end = _time(each["ends_at_ns"]) if each["ends_at_ns"] else "the end"
        about = " ".join(f"{name}={text}" for name, text in each["labels"].items() if text)
        peak = figure(each["peak"], answer["unit"])
        limit = f"{answer['bound']} {figure(answer['threshold'], answer['unit'])}"
        yield "  ".join(filter(None, [f"  {_time(each['starts_at_ns'])} to {end}", about, f"peak {peak}, bad {limit}"]))


def _time(time_ns: int) -> str:
    return write_time(time_ns // _SECOND_NS * _SECOND_NS).replace(".000000000", "")


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _said(error: TelltaleError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
