"""Budgets from end to end: real programs and clients, a provider on loopback, a real collector that knows prices."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
import uuid
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import openai
import pytest

import telltale
from telltale import _line, testing
from telltale._budget_api import BudgetApi
from telltale._collector_line import CollectorLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector_process import CollectorProcess

QUESTION: Any = [{"role": "user", "content": "Capital of France?"}]
CALL_USD = Decimal("0.00021")
"""gpt-4o-mini, 1,000 tokens in and 100 out."""

PROGRAM = """
import json, os, sys, time
import openai, telltale
telltale.init(service_name=os.environ["SERVICE"])
client = openai.OpenAI(base_url=os.environ["PROVIDER"], api_key="k", max_retries=0)

def ask(model="gpt-4o-mini"):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}]).model

def until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)

def say(**what):
    print(json.dumps(what))
"""


class Provider:
    """Speaks as much of OpenAI's API as a chat needs, and keeps the models that were asked for."""

    def __init__(self) -> None:
        self.models: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.models.append(asked["model"])
                body = json.dumps(owner.answer(asked["model"])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @staticmethod
    def answer(model: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": "Paris.", "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": model}
        return {**head, "choices": [choice], "usage": usage}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def service() -> str:
    return f"service-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def run(collector: CollectorProcess, provider: Provider, service: str, tmp_path: Any) -> Callable[..., Any]:
    """Runs a program under the SDK; gives the last line that it printed, as JSON, and what it wrote to stderr."""

    def run_program(code: str, **environ: str) -> tuple[Any, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TELLTALE_"))}
        own = {"TELLTALE_SPOOL_DIR": str(tmp_path), "TELLTALE_ENDPOINT": collector.url, "PROVIDER": provider.url}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM + code],
            env={**clean, **own, "SERVICE": service, **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1], parse_float=Decimal), done.stderr

    return run_program


def make(collector: CollectorProcess, name: str, **budget: Any) -> None:
    assert collector.client.post("/api/v1/budgets", json={"name": name, **budget}).status_code == 201


def test_the_collectors_prices_stop_a_run_that_costs_too_much(run: Callable[..., Any], provider: Provider) -> None:
    said, _ = run("""
with telltale.budget("b", usd="0.0004", on_exceed="raise") as run:
    for calls in (1, 2):
        ask()
        until(lambda: run.spent.usd == calls * telltale.budget("x", usd="0.00021").rule.limits.usd)
    try:
        ask()
    except telltale.BudgetExceeded as error:
        say(measure=error.measure, spent=str(error.spent), unpriced=run.spent.unpriced)
""")
    assert said == {"measure": "usd", "spent": str(2 * CALL_USD), "unpriced": 0}
    assert len(provider.models) == 2


def test_what_one_process_spent_stops_another(
    run: Callable[..., Any], collector: CollectorProcess, provider: Provider, service: str
) -> None:
    make(collector, service, filter={"service": service}, limit={"calls": 3}, window="day", action="raise")
    run("""
for _ in range(3):
    ask()
say()
""")
    collector.settle()
    code = f"""
with telltale.budget("{service}", from_collector=True) as run:
    until(lambda: run.spent.calls == 3)
    try:
        ask()
    except telltale.BudgetExceeded as error:
        say(text=str(error))
"""
    said, _ = run(code)
    assert said["text"].startswith(f"budget '{service}': 3 of 3 calls are spent in this day")
    assert len(provider.models) == 3
    assert collector.get(f"/api/v1/budgets/{service}")["exceeded"]


def test_a_budget_of_the_collector_holds_in_the_whole_process_where_that_is_asked_for(
    run: Callable[..., Any], collector: CollectorProcess, provider: Provider, service: str
) -> None:
    about = {"service": service, "model": "gpt-4o"}
    route = {"gpt-4o": "gpt-4o-mini"}
    make(collector, service, filter=about, limit={"calls": 4}, window="day", action="route", route=route)
    make(collector, f"{service}-other", filter={"service": "nobody"}, limit={"calls": 0}, window="day", action="raise")
    code = """
models = []
until(lambda: models.append(ask("gpt-4o")) or models[-1] == "gpt-4o-mini")
telltale.flush(10)
say(models=models)
"""
    said, stderr = run(code, TELLTALE_BUDGETS="1")
    assert said["models"] == provider.models
    assert provider.models.count("gpt-4o") >= 4
    assert f"budget '{service}': " in stderr
    collector.settle()
    rows = collector.get("/api/v1/usage", service=service, group_by="route,request_model")["rows"]
    assert {(row["route"], row["request_model"]) for row in rows} == {
        (None, "gpt-4o"),
        (f"budget {service}", "gpt-4o-mini"),
    }
    (span,) = collector.get("/api/v1/spans", service=service, model="gpt-4o-mini")["spans"]
    assert span["route_baseline_model"] == "gpt-4o"
    collector.client.delete(f"/api/v1/budgets/{service}-other")


def test_without_being_asked_for_no_budget_of_the_collector_holds(
    run: Callable[..., Any], collector: CollectorProcess, provider: Provider, service: str
) -> None:
    make(collector, service, filter={"service": service}, limit={"calls": 0}, action="raise")
    run("ask(); say()")
    assert len(provider.models) == 1


# --- a collector that cannot be asked


@pytest.fixture
def line() -> Iterator[Callable[[Any], CollectorLine]]:
    """Connects budgets with an API, for the time of a test."""
    before = _line.current()
    made: list[CollectorLine] = []

    def connect(api: Any, **options: Any) -> CollectorLine:
        made.append(CollectorLine(api, {"service": "shop"}, **options))
        _line.connect(made[-1])
        return made[-1]

    yield connect
    for each in made:
        each.stop()
    _line.connect(before)


def eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    tick = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        tick.wait(0.01)


@pytest.mark.parametrize("is_everywhere", [False, True], ids=["a named budget", "all budgets"])
def test_a_collector_that_cannot_be_asked_stops_nobody_and_every_span_says_so(
    provider: Provider, line: Any, caplog: pytest.LogCaptureFixture, is_everywhere: bool
) -> None:
    caplog.set_level(logging.WARNING, "telltale")
    asked = line(BudgetApi("http://127.0.0.1:9/api/v1", {}), holds_everywhere=is_everywhere)
    held = telltale.budget("b", from_collector=not is_everywhere, on_exceed="raise", usd=1)
    with testing.capture() as captured, openai.OpenAI(base_url=provider.url, api_key="k") as client, held as spent:
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
        assert spent.spent.calls == 1
        eventually(lambda: asked.failure is not None)
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
    assert len(provider.models) == 2
    first, second = (span["attributes"]["telltale.budget.unheld"] for span in captured.spans)
    name = "*" if is_everywhere else "b"
    assert first[0] == f"{name}: the collector has not answered yet" or "cannot be asked" in first[0]
    assert second[0].startswith(f"{name}: the collector cannot be asked: ")
    said = [record.getMessage() for record in caplog.records if "budgets:" in record.getMessage()]
    assert len([text for text in said if text.endswith("calls go through unchecked until it does")]) == 1
    assert len(said) == len(set(said))


def test_a_name_that_the_collector_does_not_know_is_said_and_holds_nothing(
    provider: Provider, collector: CollectorProcess, line: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "telltale")
    line(BudgetApi(f"{collector.url}/api/v1", {}))
    held = telltale.budget("unheard-of", from_collector=True, on_exceed="raise")
    with testing.capture() as captured, openai.OpenAI(base_url=provider.url, api_key="k") as client, held:
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
        eventually(lambda: "the collector has no budget 'unheard-of'" in caplog.text)
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
    unheld = captured.spans[-1]["attributes"]["telltale.budget.unheld"]
    assert unheld == ["unheard-of: the collector has no budget of this name"]


def test_something_else_that_answers_in_its_place_is_no_collector(provider: Provider, line: Any) -> None:
    """A server that answers 200 with another body, or 501 to what it does not know."""
    asked = line(BudgetApi(provider.url, {}))
    held = telltale.budget("b", from_collector=True)
    with testing.capture(), held as spent:
        assert spent.spent.calls == 0
        eventually(lambda: asked.failure is not None)
    assert "the collector answers HTTP 501" in str(asked.failure)


def test_a_price_that_cannot_be_asked_for_does_not_stand_in_the_way_of_others(
    collector: CollectorProcess, line: Any
) -> None:
    asked = line(BudgetApi(f"{collector.url}/api/v1", {}))
    told: list[Decimal | None] = []
    usage = {"provider": "openai", "input_tokens": 1000, "output_tokens": 100}
    asked.price({**usage, "request_model": "x" * 300}, told.append)
    eventually(lambda: told == [None])
    asked.price({**usage, "request_model": "gpt-4o-mini"}, told.append)
    eventually(lambda: told == [None, CALL_USD])
    assert asked.failure is None
