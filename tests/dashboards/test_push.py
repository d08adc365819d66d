"""Push talks to Grafana's API as Grafana expects, over a real connection."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from collector_process import free_port

from telltale_dashboards.alerts import groups
from telltale_dashboards.boards import boards
from telltale_dashboards.commands import dashboards
from telltale_dashboards.grafana_alerts import group_json
from telltale_dashboards.push import Source, read_source

TOKEN = "glsa_secret"


class GrafanaStandIn(ThreadingHTTPServer):
    """The part of Grafana's HTTP API that push uses; keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/grafana"
        self.requests: list[tuple[str, str, dict | None]] = []
        self.kept: dict[str, dict] = {}
        self.refuses: dict[str, tuple[int, str]] = {}

    def answer(self, method: str, path: str, body: dict | None) -> tuple[int, dict]:
        if path in self.refuses:
            status, message = self.refuses[path]
            return status, {"message": message}
        if method == "GET":
            return (200, self.kept[path]) if path in self.kept else (404, {"message": "not found"})
        assert body is not None
        if path == "/api/dashboards/db":
            uid = body["dashboard"]["uid"]
            self.kept[f"/api/dashboards/uid/{uid}"] = body
            return 200, {"status": "success", "uid": uid, "url": f"/d/{uid}/board"}
        made_at = {"/api/folders": "/api/folders", "/api/datasources": "/api/datasources/uid"}
        place = f"{made_at[path]}/{body['uid']}" if method == "POST" else path
        self.kept[place] = body
        return 200, body


class _Handler(BaseHTTPRequestHandler):
    server: GrafanaStandIn

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        path = self.path.removeprefix("/grafana")
        self.server.requests.append((self.command, path, body))
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        status, answer = self.server.answer(self.command, path, body) if allowed else (401, {"message": "Unauthorized"})
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def grafana() -> Iterator[GrafanaStandIn]:
    server = GrafanaStandIn()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def push(grafana: GrafanaStandIn, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CLICKHOUSE_PASSWORD", raising=False)

    def run(*options: str) -> int:
        return dashboards(["push", "--grafana", grafana.url, "--token", TOKEN, *options])

    return run


def test_push_sends_folder_data_source_and_every_board(grafana: GrafanaStandIn, push, capsys) -> None:
    options = ["--clickhouse-url", "https://reader:pa%20ss@clickhouse:8443/ch/?database=telltale"]
    assert push(*options, "--telltale-url", "https://telltale.example.org") == 0
    assert grafana.kept["/api/folders/telltale"]["title"] == "Telltale"
    source = grafana.kept["/api/datasources/uid/telltale-clickhouse"]
    assert source["type"] == "grafana-clickhouse-datasource"
    assert source["secureJsonData"] == {"password": "pa ss"}
    assert source["jsonData"] == {
        "host": "clickhouse",
        "port": 8443,
        "protocol": "http",
        "secure": True,
        "path": "ch/",
        "username": "reader",
        "defaultDatabase": "telltale",
        "traces": {
            "defaultDatabase": "telltale",
            "defaultTable": "otel_traces",
            "otelEnabled": True,
            "otelVersion": "latest",
            "durationUnit": "nanoseconds",
        },
    }
    for board in boards():
        sent = grafana.kept[f"/api/dashboards/uid/{board.uid}"]
        assert (sent["folderUid"], sent["overwrite"]) == ("telltale", True)
        assert sent["dashboard"]["title"] == board.title
        variables = {variable["name"]: variable for variable in sent["dashboard"]["templating"]["list"]}
        assert variables["telltale_url"]["query"] == "https://telltale.example.org"
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{grafana.url}/d/{board.uid}/board" for board in boards()]


def test_push_sends_every_group_of_rules(grafana: GrafanaStandIn, push) -> None:
    assert push("--telltale-url", "https://telltale.example.org") == 0
    for group in groups():
        sent = grafana.kept[f"/api/v1/provisioning/folder/telltale/rule-groups/{group.name}"]
        assert sent == group_json(group, telltale_url="https://telltale.example.org")
        assert sent["rules"][0]["annotations"]["runbook_url"].startswith("https://telltale.example.org/alerts/rules/")


def test_rules_of_another_project_stand_beside_those_of_the_first(grafana: GrafanaStandIn, push) -> None:
    assert push() == 0
    assert push("--project", "team a") == 0
    first = grafana.kept["/api/v1/provisioning/folder/telltale/rule-groups/latency"]
    second = grafana.kept["/api/v1/provisioning/folder/telltale/rule-groups/latency%20%28team%20a%29"]
    assert {rule["uid"] for rule in first["rules"]} & {rule["uid"] for rule in second["rules"]} == set()
    assert "project = 'team\\x20a'" in second["rules"][0]["data"][0]["model"]["rawSql"]


def test_rules_may_stay_with_the_collector(grafana: GrafanaStandIn, push) -> None:
    assert push("--no-alerts") == 0
    assert not [path for _, path, _ in grafana.requests if "provisioning" in path]


def test_a_second_push_writes_over_what_is_there(grafana: GrafanaStandIn, push) -> None:
    options = ["--clickhouse-url", "native://clickhouse/telltale"]
    assert push(*options) == 0
    grafana.requests.clear()
    assert push(*options) == 0
    sent = [(method, path) for method, path, _ in grafana.requests if method != "GET"]
    assert sent == [
        ("PUT", "/api/datasources/uid/telltale-clickhouse"),
        *[("POST", "/api/dashboards/db")] * len(boards()),
        *[("PUT", f"/api/v1/provisioning/folder/telltale/rule-groups/{group.name}") for group in groups()],
    ]


def test_without_an_address_of_clickhouse_data_sources_are_left_alone(grafana: GrafanaStandIn, push) -> None:
    assert push() == 0
    assert not [path for _, path, _ in grafana.requests if "datasource" in path]


def test_the_password_may_come_from_the_environment(
    grafana: GrafanaStandIn, push, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLICKHOUSE_PASSWORD", "from outside")
    assert push("--clickhouse-url", "http://clickhouse") == 0
    source = grafana.kept["/api/datasources/uid/telltale-clickhouse"]
    assert source["secureJsonData"] == {"password": "from outside"}


@pytest.mark.parametrize(
    ("path", "refusal", "said"),
    [
        ("/api/folders/telltale", (403, "no permission"), "grafana did not take the folder: .*role Admin"),
        ("/api/dashboards/db", (412, "provisioned"), "board telltale-health: .*provisioned from files"),
        ("/api/dashboards/db", (500, "disk full"), "disk full.*see Grafana's log"),
        (
            "/api/v1/provisioning/folder/telltale/rule-groups/cost",
            (400, "interval"),
            "the rules of cost: .*interval",
        ),
    ],
)
def test_a_refusal_says_what_and_what_to_do(
    grafana: GrafanaStandIn, push, capsys, path: str, refusal: tuple[int, str], said: str
) -> None:
    grafana.refuses[path] = refusal
    assert push() == 1
    error = capsys.readouterr().err
    assert re.search(said, error), error


def test_a_wrong_token_is_named_as_the_fault(grafana: GrafanaStandIn, capsys) -> None:
    assert dashboards(["push", "--grafana", grafana.url, "--token", "other"]) == 1
    assert "the token is wrong" in capsys.readouterr().err


def test_a_grafana_that_is_not_there_is_named_as_the_fault(capsys) -> None:
    assert dashboards(["push", "--grafana", f"http://127.0.0.1:{free_port()}", "--token", TOKEN]) == 1
    assert "grafana does not answer" in capsys.readouterr().err


def test_an_address_of_grafana_without_a_scheme_is_refused(capsys) -> None:
    assert dashboards(["push", "--grafana", "grafana.example.org", "--token", TOKEN]) == 2
    assert "not the address of a Grafana" in capsys.readouterr().err


def test_push_asks_for_a_token(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAFANA_TOKEN", raising=False)
    assert dashboards(["push", "--grafana", "http://127.0.0.1:1"]) == 2
    assert "GRAFANA_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["clickhouse", "ftp://host", "http://", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused(push, capsys, url: str) -> None:
    assert push("--clickhouse-url", url) == 2
    assert "not the address of a ClickHouse" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://ch", Source("ch", 8123, "http", False, "", "", "default", "")),
        ("https://u:p@ch:1/x?database=d", Source("ch", 1, "http", True, "x", "d", "u", "p")),
        ("native://ch/d", Source("ch", 9000, "native", False, "", "d", "default", "")),
        ("natives://ch", Source("ch", 9440, "native", True, "", "", "default", "")),
        ("clickhouse://u@ch:8123/d", Source("ch", 8123, "http", False, "", "d", "u", "")),
        (
            "http://127.0.0.1:4318/clickhouse/",
            Source("127.0.0.1", 4318, "http", False, "clickhouse/", "", "default", ""),
        ),
    ],
)
def test_an_address_of_clickhouse_is_understood(url: str, expected: Source) -> None:
    assert read_source(url) == expected
