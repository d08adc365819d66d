"""``telltale doctor``: does everything from the application to the collector's data fit together?"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from telltale._doctor_collector import (
    Collector,
    Unreachable,
    check_data,
    check_ready,
    check_round_trip,
    check_version,
    fetch_checkup,
)
from telltale._doctor_environment import check_environment
from telltale._doctor_libraries import check_libraries
from telltale._settings import DEFAULT_ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from telltale._doctor_check import Check

_WELL: Final = 0
_FAULTS: Final = 1
_UNREACHABLE: Final = 2
_COLOURS: Final = {"ok": "32", "note": "33", "fault": "31"}


def doctor(argv: Sequence[str]) -> int:
    """Check the collector, the environment, the instrumentation and the data, and say what mends them.

    Args:
        argv: ``--url`` and ``--from``.

    Returns:
        0 when all is well, 1 when there are faults, 2 when no collector is reached.
    """
    options = _parser().parse_args(list(argv))
    collector = Collector(options.url, os.environ.get("TELLTALE_API_KEY", "").strip())
    has_faults = False
    try:
        for check in _checks(collector, options.since):
            has_faults = has_faults or check.level == "fault"
            _print(check)
    except Unreachable as error:
        _print_unreachable(collector.url, error)
        return _UNREACHABLE
    return _FAULTS if has_faults else _WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale doctor", description=(doctor.__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--url", type=_address, default=DEFAULT_ENDPOINT, help="the collector; default %(default)s")
    parser.add_argument(
        "--from",
        dest="since",
        default="now-24h",
        help="look at data from then on: now-1h, 2026-01-31T12:00:00Z; default %(default)s",
    )
    return parser


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is no http(s) address; write it as {DEFAULT_ENDPOINT}")
    return text.rstrip("/").removesuffix("/v1/traces")


def _checks(collector: Collector, since: str) -> Iterator[Check]:
    """Everything, in the order of the report. What needs no collector comes first.

    Raises:
        Unreachable: there is no collector to go on with.
    """
    yield from check_environment(os.environ, collector.url)
    yield from check_libraries()
    yield check_ready(collector)
    reply = fetch_checkup(collector, since)
    if isinstance(reply.json, dict):
        yield check_version(reply.json)
    yield check_round_trip(collector)
    yield from check_data(collector, reply, since)


def _print(check: Check) -> None:
    print(f"{_coloured(check.level)}  {check.subject:<11}  {check.text}", flush=True)
    for mend in check.mends:
        print(f"{'':20}  {mend}")


def _print_unreachable(url: str, error: Unreachable) -> None:
    print(f"{_coloured('fault')}  {'collector':<11}  no collector at {url}: {error}")
    print(f"{'':20}  {_start_line(url)}  # pip install 'telltale-llm[collector]' once")


def _start_line(url: str) -> str:
    port = urlsplit(url).port
    return "telltale up" if port in {None, 4318} else f"telltale up --port {port}"


def _coloured(level: str) -> str:
    word = f"{level:<5}"
    has_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"\x1b[{_COLOURS[level]}m{word}\x1b[0m" if has_colour else word
