"""A framework's run and the provider's call inside it are one call: shown both, counted once, with one price."""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from collector_process import CollectorProcess

MODEL = "gpt-4o-mini-2024-07-18"
WITHIN_S = 90

LANGCHAIN = """
import asyncio, sys, telltale
telltale.init()
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
model = ChatOpenAI(model="gpt-4o-mini", api_key="none", base_url=sys.argv[1])
chain = RunnableLambda(lambda question: question) | model
with telltale.span("app"):
    {body}
"""
LLAMA_INDEX = """
import asyncio, sys, telltale
telltale.init()
import openai
from llama_index.core.llms import ChatMessage, CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback

class Model(CustomLLM):
    model: str = "gpt-4o-mini"

    @property
    def metadata(self):
        return LLMMetadata(model_name=self.model)

    def ask(self, prompt, **more):
        client = openai.OpenAI(base_url=sys.argv[1], api_key="none")
        asked = [{{"role": "user", "content": prompt}}]
        return client.chat.completions.create(model=self.model, messages=asked, **more)

    @llm_completion_callback()
    def complete(self, prompt, formatted=False, **kwargs):
        answer = self.ask(prompt)
        return CompletionResponse(text=answer.choices[0].message.content, raw=answer)

    @llm_completion_callback()
    def stream_complete(self, prompt, formatted=False, **kwargs):
        def pieces():
            for chunk in self.ask(prompt, stream=True, stream_options={{"include_usage": True}}):
                yield CompletionResponse(text="Paris.", delta="", raw=chunk)
        return pieces()

model = Model()
async def stream():
    return [piece async for piece in await model.astream_chat([ChatMessage("q")])]
with telltale.span("app"):
    {body}
"""
OPENAI = """
import sys, telltale
telltale.init()
import openai
client = openai.OpenAI(base_url=sys.argv[1], api_key="none")
with telltale.span("app"):
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "q"}])
"""
PROGRAMS = {
    "openai alone": (OPENAI, 1),
    "langchain": (LANGCHAIN.format(body="chain.invoke('q')"), 1),
    "langchain streamed": (LANGCHAIN.format(body="list(chain.stream('q'))"), 1),
    "langchain in threads": (LANGCHAIN.format(body="chain.batch(['a', 'b', 'c'])"), 3),
    "langchain async": (LANGCHAIN.format(body="asyncio.run(chain.abatch(['a', 'b', 'c']))"), 3),
    "langchain at once": (LANGCHAIN.format(body="model.generate([[HumanMessage('a')], [HumanMessage('b')]])"), 2),
    "llama_index": (LLAMA_INDEX.format(body="model.chat([ChatMessage('q')])"), 1),
    "llama_index streamed": (LLAMA_INDEX.format(body="list(model.stream_chat([ChatMessage('q')]))"), 1),
    "llama_index async": (LLAMA_INDEX.format(body="asyncio.run(stream())"), 1),
}


class Provider(BaseHTTPRequestHandler):
    """OpenAI's chat completions: always the same words and counts, each with an id of its own."""

    numbers = itertools.count(1)

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        head = {"id": f"chatcmpl-{next(self.numbers)}", "created": 1_700_000_000, "model": MODEL}
        usage = {"prompt_tokens": 31, "completion_tokens": 16, "total_tokens": 47}
        said = {"role": "assistant", "content": "Paris."}
        self.send_response(200)
        if asked.get("stream"):
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for choices in ([{"index": 0, "delta": said}], [{"index": 0, "delta": {}, "finish_reason": "stop"}]):
                self._event(json.dumps(head | {"object": "chat.completion.chunk", "choices": choices}))
            self._event(json.dumps(head | {"object": "chat.completion.chunk", "choices": [], "usage": usage}))
            self._event("[DONE]")
        else:
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            choice = {"index": 0, "message": said, "finish_reason": "stop"}
            whole = head | {"object": "chat.completion", "choices": [choice], "usage": usage}
            self.wfile.write(json.dumps(whole).encode())

    def _event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def the_trace(collector: CollectorProcess, service: str, calls: int) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while True:
        traces = collector.get("/api/v1/traces", service=service)["traces"]
        if traces and traces[0]["llm_calls"] >= calls:
            assert len(traces) == 1
            return traces[0]
        assert time.monotonic() < deadline, f"the trace never came: {traces}"
        threading.Event().wait(0.05)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_call_through_a_framework_counts_once(collector: CollectorProcess, provider: str, name: str) -> None:
    program, calls = PROGRAMS[name]
    service = f"count-once-{name.replace(' ', '-')}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TELLTALE_"))} | {
        "TELLTALE_ENDPOINT": collector.url,
        "TELLTALE_SPOOL": "0",
        "OTEL_SERVICE_NAME": service,
    }
    command = [sys.executable, "-c", program, provider]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, done.stderr
    collector.settle()
    trace = the_trace(collector, service, calls)
    counted = (trace["llm_calls"], trace["input_tokens"], trace["output_tokens"])
    assert counted == (calls, 31 * calls, 16 * calls)
    # The list price: 0.15 and 0.60 dollars for a million tokens.
    assert Decimal(str(trace["cost_usd"])) == (31 * Decimal("0.15") + 16 * Decimal("0.60")) * calls / 1_000_000
    spans = collector.get(f"/api/v1/traces/{trace['trace_id']}")["spans"]
    models = [span for span in spans if span["kind"] == "llm"]
    assert len([span for span in models if span["duplicate_of"] is None]) == calls
    assert len(models) > calls or name == "openai alone"
