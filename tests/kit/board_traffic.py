"""Six hours of a RAG application's traffic, always the same: enough of everything for each panel of each board."""

import json

import otlp
from embedded_store import Store

from telltale_collector.decode import Media, check_traces
from telltale_collector.store.client import Client
from telltale_collector.wal import Record, Signal

SECOND = 1_000_000_000
START = 1_795_000_000 // 3600 * 3600 * SECOND
END = START + 6 * 3600 * SECOND
INTERVAL = 3600
TRACES = 72
MODELS = ("gpt-4o-mini", "gpt-4o", "house-model")  # the last has no price
VERDICTS = ("pass", "pass", "pass", "flag", "redact", "block", "pass", "error")


class BoardTraffic(Store):
    """The traffic in one project; ``seed()`` stores it."""

    def __init__(self, client: Client, project: str) -> None:
        super().__init__(client, project)
        self.trace_ids = [f"{at + 1:032x}" for at in range(TRACES)]

    def seed(self) -> None:
        for at in range(TRACES):
            self._receive(at, *_spans_of(at, self.trace_ids[at]), scope="telltale")
            if at % 9 == 0:  # a second instrumentation sees the same call
                self._receive(at, _call(at, self.trace_ids[at], "second"), scope="other-instrumentation")
        self.add_logs(*(score for at in range(TRACES) for score in _scores(at, self.trace_ids[at])))

    def _receive(self, at: int, *spans: dict, scope: str) -> None:
        resource = {
            "service.name": "shop" if at % 3 else "help desk's bot",
            "deployment.environment.name": "production" if at % 4 else "staging",
        }
        payload = check_traces(otlp.traces_body(*spans, resource=resource, scope=scope), Media.PROTOBUF).payload
        delay = 900 if at % 12 == 5 else 20
        received_at = START + at * 300 * SECOND + delay * SECOND
        self._settle(Record(received_at, Signal.TRACES, len(spans), self.project, payload), None)


def _span(at: int, trace_id: str, part: str, times: tuple[float, float], attributes: dict, **more: object) -> dict:
    start = START + at * 300 * SECOND
    return otlp.span(
        part,
        **{"trace_id": trace_id, "span_id": span_id(trace_id, part), "parent": span_id(trace_id, "answer")}
        | {"start": start + int(times[0] * SECOND), "end": start + int(times[1] * SECOND), "attributes": attributes}
        | more,
    )


def span_id(trace_id: str, part: str) -> str:
    """Of a part of a trace: answer, guard, search, look-up, embed, chat, second, lost."""
    return trace_id[-8:] + part.encode().hex().ljust(8, "0")[:8]


def _spans_of(at: int, trace_id: str) -> list[dict]:
    failed = {"status": (2, "rate limit reached, try again")} if at % 11 == 3 else {}
    who = {"session.id": f"s{at % 9}", "user.id": f"u{at % 7}"}
    root = {"telltale.span.kind": "chain", "telltale.input.value": "Which key?", **who}
    spans = [
        _span(at, trace_id, "answer", (0, 6 + at % 5), root, parent=None, **failed),
        _span(at, trace_id, "guard", (0.1, 0.2), _guard(at)),
        _span(at, trace_id, "look-up", (0.2, 0.3), {"telltale.cache.hit": at % 5 == 0, "telltale.cache.key": "k"}),
        _span(at, trace_id, "search", (0.5, 0.9 + at % 3), _retrieval(at)),
        _span(at, trace_id, "embed", (0.3, 0.5), _embedding()),
        _call(at, trace_id, "chat"),
    ]
    if at % 17 == 4:  # its parent was never sent; and its clock is ahead
        lost = span_id(trace_id, "nowhere")
        spans.append(_span(at, trace_id, "lost", (1, 40), {}, parent=lost))
    return spans


def _guard(at: int) -> dict:
    verdict = VERDICTS[at % len(VERDICTS)]
    return {
        "telltale.span.kind": "guardrail",
        "telltale.guard.name": "pii" if at % 2 else "injection",
        "telltale.guard.stage": "input",
        "telltale.guard.verdict": verdict,
        "telltale.guard.score": 0.1 if verdict == "pass" else 0.8,
        "telltale.guard.reason": f"says {verdict}",
    }


def _retrieval(at: int) -> dict:
    documents = [
        {"id": f"doc-{(at + rank) % 5}", "content": "Keys are rotated yearly.", "score": 0.95 - 0.2 * rank}
        for rank in range(at % 4)
    ]
    return {
        "telltale.span.kind": "retriever",
        "gen_ai.retrieval.query.text": "Which key?",
        "gen_ai.retrieval.documents": json.dumps(documents),
    }


def _embedding() -> dict:
    return {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "text-embedding-3-small",
        "gen_ai.usage.input_tokens": 20,
    }


def _call(at: int, trace_id: str, part: str) -> dict:
    model, failed, cut = MODELS[at % len(MODELS)], at % 11 == 3, at % 13 == 6
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai" if model.startswith("gpt") else "house",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.response.id": f"{trace_id}-response",
        "gen_ai.request.max_tokens": 300,
        "gen_ai.input.messages": _messages("user", "Which key does the shop use, and when is it rotated next?"),
        "gen_ai.prompt.name": "support/answer",
        "telltale.tags": ["beta", f"t{at % 2}"],
        "gen_ai.prompt.version": str(1 + at // 40),
        "telltale.route": "cheap" if model == "gpt-4o-mini" else "strong",
        "telltale.route.reason": "length of the question",
        "telltale.route.baseline_model": "gpt-4o",
    }
    if failed:
        attributes["error.type"] = "RateLimitError"
        return _span(at, trace_id, part, (1, 1.5), attributes, status=(2, "rate limit reached"))
    attributes["gen_ai.output.messages"] = _messages("assistant", "" if at % 25 == 24 else "The blue key; next May.")
    attributes["gen_ai.response.finish_reasons"] = ["length" if cut else "stop"]
    if at % 8 != 7:  # the others say nothing of usage: it is counted
        attributes["gen_ai.usage.input_tokens"] = 800 + 10 * at
        attributes["gen_ai.usage.cache_read.input_tokens"] = 512 if at % 2 else 0
        attributes["gen_ai.usage.cache_write.input_tokens"] = 0 if at % 2 else 64
        attributes["gen_ai.usage.output_tokens"] = 300 if cut else 40 + at
    if at % 3 != 1:
        attributes["gen_ai.response.time_to_first_chunk"] = 0.25 + 0.01 * at
    return _span(at, trace_id, part, (1, 2.5 + at % 4 + 0.007 * at), attributes)


def _messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _scores(at: int, trace_id: str) -> list[dict]:
    judged = {"relevance": (0.3 + 0.01 * at, "judge"), "feedback": (-1.0 if at % 6 == 0 else 1.0, "user")}
    return [
        {
            "event": "gen_ai.evaluation.result",
            "trace_id": trace_id,
            "span_id": span_id(trace_id, "answer"),
            "time": START + (at * 300 + 30) * SECOND,
            "attributes": {
                "gen_ai.evaluation.name": name,
                "gen_ai.evaluation.score.value": value,
                "telltale.score.source": source,
            },
        }
        for name, (value, source) in judged.items()
        if name == "relevance" or at % 2 == 0
    ]
