"""What is wrong with the collector itself stands above every page, for as long as it is."""

from pathlib import Path

import pytest
from collector_process import CollectorProcess
from html_text import text_of
from log_records import append
from starlette.applications import Starlette
from starlette.testclient import TestClient

from telltale_collector import web
from telltale_collector.errors import StoreError
from telltale_collector.wal import Wal
from telltale_collector.web.notice import Notice, notice_of

BROWSER = {"accept": "text/html"}


class AwayReader:
    def __getattr__(self, _name: str) -> object:
        raise StoreError("connection refused")


class Loop:
    """As much of the settle loop as a notice looks at."""

    def __init__(self, trouble: str | None = None, *, alive: bool = True) -> None:
        self.trouble = trouble
        self.alive = alive


@pytest.mark.parametrize("path", ["/traces", "/checkup", "/app-metrics"])
def test_there_is_no_notice_while_all_is_well(collector: CollectorProcess, path: str) -> None:
    assert 'class="notice"' not in collector.client.get(path).text


def test_a_spent_disk_budget_is_told_first(tmp_path: Path) -> None:
    wal = Wal(tmp_path / "wal", budget_bytes=100)
    assert notice_of(wal, Loop()) is None
    append(wal, 1, size=200)
    found = notice_of(wal, Loop("the store is away"))
    assert found is not None
    assert found.what.startswith("New telemetry is not taken in")
    assert found.why == "the write-ahead log has reached its disk budget: the store is behind"
    wal.close()


def test_a_store_that_takes_nothing_is_told_with_its_reason(tmp_path: Path) -> None:
    wal = Wal(tmp_path / "wal")
    found = notice_of(wal, Loop("connection refused " * 100))
    assert found is not None
    assert found.what.startswith("The store takes nothing now")
    assert found.why.startswith("connection refused")
    assert len(found.why) < 400
    ended = notice_of(wal, Loop(alive=False))
    assert ended is not None
    assert "restart" in ended.why
    wal.close()


def test_a_notice_stands_on_pages_that_fail_too_and_is_escaped() -> None:
    app = Starlette()
    app.state.reader = AwayReader()
    web.mount(app, lambda: Notice("The store takes nothing now.", "<script>bad</script>"))
    answer = TestClient(app).get("/traces", headers=BROWSER)
    assert answer.status_code == 503
    assert '<p class="notice" role="alert">' in answer.text
    assert "<script>bad" not in answer.text
    assert "connection refused" in text_of(answer.text)
