"""``telltale dashboards``: boards and alert rules as files, or into a running Grafana."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from telltale_dashboards.alerts import groups
from telltale_dashboards.boards import boards
from telltale_dashboards.build import stale, write
from telltale_dashboards.grafana import TELLTALE_URL
from telltale_dashboards.grafana_alerts import DEFAULT_PROJECT
from telltale_dashboards.push import Grafana, PushError, push, read_source

_OK, _FAILED, _USAGE = 0, 1, 2


def dashboards(argv: Sequence[str]) -> int:
    """Write Grafana's boards and alert rules as files (build) or send them to a running Grafana (push)."""
    options = _parser().parse_args(list(argv))
    return _build(options) if options.action == "build" else _push(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale dashboards", description=dashboards.__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    build = actions.add_parser("build", help="write files for Grafana's provisioning: boards, and in alerts/ rules")
    build.add_argument("--out", type=Path, default=Path("dashboards/generated"), help="folder (default: %(default)s)")
    build.add_argument("--check", action="store_true", help="write nothing; fail where a file is not current")
    sending = actions.add_parser("push", help="send folder, data source, boards and alert rules to a running Grafana")
    sending.add_argument("--grafana", required=True, metavar="URL", help="Grafana's address")
    sending.add_argument("--token", default="", help="a service account's token [GRAFANA_TOKEN]")
    sending.add_argument(
        "--clickhouse-url",
        default="",
        metavar="URL",
        help="ClickHouse as Grafana reaches it, to make the data source: http://user@host:8123?database=telltale, "
        "native://host:9000/telltale; its password may stand in CLICKHOUSE_PASSWORD; left out, no data source is made",
    )
    sending.add_argument(
        "--telltale-url", default=TELLTALE_URL, metavar="URL", help="Telltale's UI, for links (default: %(default)s)"
    )
    sending.add_argument(
        "--no-alerts", action="store_true", help="leave alert rules alone: the collector evaluates them"
    )
    for action in (build, sending):
        action.add_argument(
            "--project", default=DEFAULT_PROJECT, help="whose data the rules look at (default: %(default)s)"
        )
    return parser


def _build(options: argparse.Namespace) -> int:
    if options.check:
        names = stale(options.out, options.project)
        for name in names:
            print(f"{options.out / name} is not current: run telltale dashboards build", file=sys.stderr)
        return _FAILED if names else _OK
    for path in write(options.out, options.project):
        print(path)
    return _OK


def _push(options: argparse.Namespace) -> int:
    token = options.token or os.environ.get("GRAFANA_TOKEN", "")
    if not token:
        print("telltale dashboards push: give --token or GRAFANA_TOKEN", file=sys.stderr)
        return _USAGE
    try:
        password = os.environ.get("CLICKHOUSE_PASSWORD")
        source = read_source(options.clickhouse_url, password) if options.clickhouse_url else None
        with Grafana(options.grafana, token, options.telltale_url) as grafana:
            addresses = push(grafana, boards(), () if options.no_alerts else groups(), source, options.project)
    except ValueError as error:
        print(f"telltale dashboards push: {error}", file=sys.stderr)
        return _USAGE
    except PushError as error:
        print(f"telltale dashboards push: {error}", file=sys.stderr)
        return _FAILED
    print("\n".join(addresses))
    return _OK
