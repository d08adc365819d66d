"""Errors as pages for people, as JSON for programs."""

import httpx
import pytest
from collector_process import CollectorProcess
from fastapi import FastAPI
from html_text import text_of
from starlette.testclient import TestClient

from telltale_collector import web
from telltale_collector.errors import StoreError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("path", ["/", "/traces", "/fragments/traces", "/traces/ff", "/nothing", "/traces?from=x"])
def test_every_page_carries_the_security_headers(collector: CollectorProcess, path: str) -> None:
    headers = collector.client.get(path, headers=BROWSER).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_a_browser_that_is_lost_gets_a_page(collector: CollectorProcess) -> None:
    answer = collector.client.get("/nothing/here", headers=BROWSER)
    assert answer.status_code == 404
    assert "there is no page at /nothing/here" in text_of(answer.text)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/nothing", {"accept": "*/*"}), ("/api/v1/nothing", BROWSER), ("/v1/nothing", BROWSER)],
)
def test_a_program_that_is_lost_gets_json(collector: CollectorProcess, path: str, headers: dict[str, str]) -> None:
    answer = collector.client.get(path, headers=headers)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


class BrokenReader:
    """Stands for a store that fails: no real one fails on demand."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def trace(self, _project: str, _trace_id: str) -> None:
        raise self._error


def answer_of_a_broken_store(error: Exception) -> httpx.Response:
    app = FastAPI()
    app.state.reader = BrokenReader(error)
    web.mount(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        return client.get("/traces/ab", headers=BROWSER)


def test_a_defect_is_a_page_without_its_details() -> None:
    answer = answer_of_a_broken_store(RuntimeError("secret detail"))
    assert answer.status_code == 500
    assert "Something broke" in text_of(answer.text)
    assert "secret detail" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY


def test_a_store_out_of_reach_says_what_to_do() -> None:
    answer = answer_of_a_broken_store(StoreError("ClickHouse does not answer", "check its address"))
    assert answer.status_code == 503
    assert "ClickHouse does not answer" in text_of(answer.text)
    assert "check its address" in text_of(answer.text)
