"""``telltale reprice``: mend history after a price or a dialect changed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from telltale_collector.commands._http import DEFAULT_URL, NoCollector, post_lines

_OK, _USAGE = 0, 2


def reprice(argv: Sequence[str]) -> int:
    """Settle stored spans again with today's dialects and prices, showing the difference by model first."""
    options = _parser().parse_args(list(argv))
    if not (options.dry_run or options.yes or sys.stdin.isatty()):
        print("telltale reprice: not a terminal: say --dry-run or --yes", file=sys.stderr)
        return _USAGE
    try:
        found = _run(options, dry_run=True)
        print(_table(found))
        if options.dry_run or not found["changed"] or not _agreed(options):
            return _OK
        written = _run(options, dry_run=False)
    except NoCollector as error:
        print(f"telltale reprice: {error}", file=sys.stderr)
        return _USAGE
    print(f"{written['changed']} spans written anew; interrupted runs can simply be run again")
    return _OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale reprice", description=reprice.__doc__)
    parser.add_argument("--from", dest="start", default="", help="first start time, such as 2026-01-31 or now-7d")
    parser.add_argument("--to", dest="end", default="", help="start time before which spans are taken")
    parser.add_argument("--model", default="", help="only calls of this model")
    parser.add_argument("--dry-run", action="store_true", help="only show the difference")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.add_argument("--url", default=DEFAULT_URL, help="the running collector (default: %(default)s)")
    return parser


def _agreed(options: argparse.Namespace) -> bool:
    return bool(options.yes) or input("write this? [y/N] ").strip().lower() in {"y", "yes"}


def _run(options: argparse.Namespace, *, dry_run: bool) -> dict[str, Any]:
    body = {"dry_run": dry_run, "start": options.start, "end": options.end, "model": options.model}
    for answer in post_lines(options.url, "/api/v1/reprice", body):
        if answer.get("done"):
            print(file=sys.stderr)
            return answer
        verb = "would change" if dry_run else "changed"
        print(f"\r{answer['spans']} spans read, {answer['changed']} {verb}", end="", file=sys.stderr, flush=True)
    raise NoCollector("the answer ended early: run it again")


def _table(found: dict[str, Any]) -> str:
    rows = [("model", "calls", "change", "cost before", "cost after", "unpriced before", "after")]
    rows += [
        (
            model["model"] or "(no model)",
            str(model["calls"]),
            str(model["changed"]),
            _dollars(model["old_cost_usd"], model["old_unpriced"]),
            _dollars(model["new_cost_usd"], model["new_unpriced"]),
            str(model["old_unpriced"]),
            str(model["new_unpriced"]),
        )
        for model in found["models"]
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        f"{row[0]:<{widths[0]}}  " + "  ".join(f"{c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
    return "\n".join([*lines, f"{found['spans']} spans read, {found['changed']} would change"])


def _dollars(amount: float | None, unpriced_calls: int) -> str:
    """Money; where there is none, whether calls have no price or there were no calls."""
    if amount is None:
        return "unpriced" if unpriced_calls else "-"
    return f"${amount:.6f}"
