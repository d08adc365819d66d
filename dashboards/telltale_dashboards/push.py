"""Sends boards, alert rules, their folder and their data source to a running Grafana."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, TokenAuth

from telltale_dashboards.grafana import PLUGIN, SOURCE_NAME, SOURCE_UID, dashboard_json
from telltale_dashboards.grafana_alerts import DEFAULT_PROJECT, FOLDER_TITLE, FOLDER_UID, group_json, group_title
from telltale_dashboards.panel import Board
from telltale_dashboards.rule import Group

_PORTS = {"http": 8123, "https": 8443, "native": 9000, "natives": 9440}
_TIMEOUT_S = 20.0


class PushError(Exception):
    """Grafana did not take something; the text says what and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where Grafana itself finds ClickHouse: as it, not this machine, sees the network.

    Attributes:
        secure: whether by TLS.
        path: of the URL, for ClickHouse behind a prefix such as ``/clickhouse/``; HTTP only.
    """

    host: str
    port: int
    protocol: str
    secure: bool
    path: str
    database: str
    user: str
    password: str


def read_source(url: str, password: str | None = None) -> Source:
    """A data source from ``http[s]://user:password@host:port/path?database=name`` or ``native[s]://host:port/name``.

    ``clickhouse://`` is what the collector's own setting is written with: HTTP, and the path names the database.

    Raises:
        ValueError: another scheme, or no host.
    """
    parts = urlsplit(url)
    scheme = {"clickhouse": "http", "clickhouses": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in _PORTS or not parts.hostname:
        raise ValueError(
            f"not the address of a ClickHouse: {url!r}; write it as http://host:8123 or native://host:9000"
        )
    names_database = parts.scheme not in {"http", "https"}
    asked = parse_qs(parts.query).get("database", [""])[0]
    return Source(
        host=parts.hostname,
        port=parts.port or _PORTS[scheme],
        protocol="http" if scheme.startswith("http") else "native",
        secure=scheme.endswith("s"),
        path="" if names_database else parts.path.lstrip("/"),
        database=asked or (parts.path.strip("/") if names_database else ""),
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or "") if password is None else password,
    )


class Grafana:
    """A running Grafana. Ends its connections when the block ends.

    Args:
        url: such as ``https://grafana.example.org``.
        token: of a service account that may write folders, dashboards, data sources and alert rules.
        telltale_url: where Telltale's UI is, as the readers' browsers see it.

    Raises:
        ValueError: the address is none.
    """

    def __init__(self, url: str, token: str, telltale_url: str) -> None:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ValueError(f"not the address of a Grafana: {url!r}; write it as https://grafana.example.org")
        self.url = url.rstrip("/")
        self.telltale_url = telltale_url
        # the client puts "api" right behind the path
        self.api = GrafanaApi.from_url(self.url + "/", TokenAuth(token), timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.client.s.close()


def push(
    grafana: Grafana,
    boards: Iterable[Board],
    groups: Iterable[Group],
    source: Source | None,
    project: str = DEFAULT_PROJECT,
) -> list[str]:
    """Send everything, anew or over what is there.

    Args:
        grafana: where to.
        boards: what to send.
        groups: of alert rules.
        source: the data source to make; None leaves data sources alone.
        project: whose data the rules look at.

    Returns:
        Addresses of the boards.

    Raises:
        PushError: Grafana refused something or does not answer.
    """
    _attempt("the folder", lambda: _push_folder(grafana.api))
    if source is not None:
        payload = source_json(source)
        _attempt("the data source", lambda: _push_source(grafana.api, payload))
    addresses = [_push_board(grafana, board) for board in boards]
    for group in groups:
        _push_group(grafana, group, project)
    return addresses


def _push_folder(api: GrafanaApi) -> None:
    if _found(lambda: api.folder.get_folder(FOLDER_UID)) is None:
        api.folder.create_folder(FOLDER_TITLE, uid=FOLDER_UID)


def _push_source(api: GrafanaApi, payload: dict[str, Any]) -> None:
    if _found(lambda: api.datasource.get_datasource_by_uid(SOURCE_UID)) is None:
        api.datasource.create_datasource(payload)
    else:
        api.datasource.update_datasource_by_uid(SOURCE_UID, payload)


def _push_board(grafana: Grafana, board: Board) -> str:
    dashboard = json.loads(dashboard_json(board, grafana.telltale_url))
    body = {"dashboard": dashboard, "folderUid": FOLDER_UID, "overwrite": True, "message": "telltale dashboards push"}
    answer = _attempt(f"board {board.uid}", lambda: grafana.api.dashboard.update_dashboard(body))
    return grafana.url + str(answer.get("url", f"/d/{board.uid}"))


def _push_group(grafana: Grafana, group: Group, project: str) -> None:
    body = group_json(group, project, grafana.telltale_url)
    title = quote(group_title(group, project), safe="")
    provisioning = grafana.api.alertingprovisioning
    _attempt(f"the rules of {group.name}", lambda: provisioning.update_rule_group(FOLDER_UID, title, body))


def source_json(source: Source) -> dict[str, Any]:
    """The data source as Grafana's API takes it, with traces known to Explore by the view ``otel_traces``."""
    settings: dict[str, Any] = {
        "host": source.host,
        "port": source.port,
        "protocol": source.protocol,
        "secure": source.secure,
        "username": source.user,
        "defaultDatabase": source.database,
        "traces": {
            "defaultDatabase": source.database,
            "defaultTable": "otel_traces",
            "otelEnabled": True,
            "otelVersion": "latest",
            "durationUnit": "nanoseconds",
        },
    }
    if source.path:
        settings["path"] = source.path
    return {
        "uid": SOURCE_UID,
        "name": SOURCE_NAME,
        "type": PLUGIN,
        "access": "proxy",
        "jsonData": settings,
        "secureJsonData": {"password": source.password},
    }


def _found(ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What is asked for, or None where there is no such thing."""
    try:
        return ask()
    except GrafanaClientError as error:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return None
        raise


def _attempt(what: str, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except GrafanaException as error:
        hint = {
            HTTPStatus.UNAUTHORIZED: "the token is wrong or has expired",
            HTTPStatus.FORBIDDEN: "the token's service account may not do this: give it the role Admin",
            HTTPStatus.PRECONDITION_FAILED: "it is provisioned from files there: change those",
        }.get(error.status_code, "see Grafana's log")
        raise PushError(f"grafana did not take {what}: {error.message} ({hint})") from error
    except OSError as error:
        raise PushError(f"grafana does not answer: {error} (check --grafana)") from error
