"""``telltale export``: spans and scores out of a running collector, as JSON lines or CSV."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TextIO

import orjson

from telltale_collector.api.encode import json_default
from telltale_collector.commands._http import DEFAULT_URL, NoCollector, get

_PAGE = "1000"
_FIELDS = (
    "start_time trace_id span_id parent_span_id name kind service environment user_id session_id provider "
    "request_model response_model input_tokens output_tokens cache_read_tokens reasoning_tokens tokens_source "
    "cost_usd cost_source price_id duration_ns ttft_ns status error_type finish_reason guard_name guard_verdict "
    "duplicate_of input_text output_text"
).split()
"""Where a number is estimated, unknown or a duplicate, its source stands beside it."""

Record = dict[str, Any]


def export(argv: Sequence[str]) -> int:
    """Write spans or scores to standard output as JSON lines or CSV; estimated and unpriced ones say so."""
    options = _parser().parse_args(list(argv))
    records = _spans(options) if options.what == "spans" else _scores(options)
    try:
        written = _WRITERS[options.format](records, sys.stdout)
    except NoCollector as error:
        print(f"telltale export: {error}", file=sys.stderr)
        return 2
    print(f"{written} {options.what} written", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale export", description=export.__doc__)
    parser.add_argument("what", choices=["spans", "scores"])
    parser.add_argument("--from", dest="start", default="", help="first start time, such as 2026-01-31 or now-7d")
    parser.add_argument("--to", dest="end", default="", help="start time before which records are taken")
    parser.add_argument("--fields", default=",".join(_FIELDS), help="spans: which, separated by commas")
    parser.add_argument("--kind", default="", help="spans: of this kind only, such as llm")
    parser.add_argument("--format", choices=sorted(_WRITERS), default="jsonl", help="default: %(default)s")
    parser.add_argument("--url", default=DEFAULT_URL, help="the running collector (default: %(default)s)")
    return parser


def _spans(options: argparse.Namespace) -> Iterator[Record]:
    asked = {"from": options.start, "to": options.end, "kind": options.kind, "fields": options.fields, "limit": _PAGE}
    cursor = ""
    while True:
        page = get(options.url, "/api/v1/spans", {**asked, "cursor": cursor})
        yield from page["spans"]
        cursor = page["next_cursor"] or ""
        if not cursor:
            return


def _scores(options: argparse.Namespace) -> Iterator[Record]:
    asked = {"from": options.start, "to": options.end, "limit": "10000"}
    yield from get(options.url, "/api/v1/scores", asked)["scores"]


def _write_jsonl(records: Iterator[Record], out: TextIO) -> int:
    written = 0
    for record in records:
        out.write(_json(record) + "\n")
        written += 1
    return written


def _write_csv(records: Iterator[Record], out: TextIO) -> int:
    """Unknown is an empty cell; a structure is JSON."""
    writer: csv.DictWriter[str] | None = None
    written = 0
    for record in records:
        if writer is None:
            writer = csv.DictWriter(out, list(record))
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in record.items()})
        written += 1
    return written


def _cell(value: Any) -> Any:
    return _json(value) if isinstance(value, (list, dict, Decimal)) else value


def _json(value: Any) -> str:
    return orjson.dumps(value, default=json_default).decode()


_WRITERS: dict[str, Callable[[Iterator[Record], TextIO], int]] = {"jsonl": _write_jsonl, "csv": _write_csv}
