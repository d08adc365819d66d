"""A question to a RAG application, as it traces it: a chain with a guard, a retriever and a model call."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import otlp

_MS = 1_000_000
DOCUMENTS = (
    {
        "id": "keys.md",
        "score": 0.92,
        "content": "Keys. Create a second key, deploy it everywhere, then wait.",
    },
    {"id": "plans.md", "score": 0.61, "content": "Plans are billed yearly."},
)


@dataclass
class RagTrace:
    """What varies between tests; ``spans()`` is what to send."""

    question: str = "How do I rotate the API keys?"
    answer: str = "Create a second key, deploy it everywhere, then revoke the first."
    name: str = "answer question"
    model: str = "gpt-4o-mini"
    user: str = "ann"
    verdict: str = "pass"
    failure: str | None = None
    system: str = "Answer from the handbook. " * 30
    documents: Sequence[dict[str, Any]] = DOCUMENTS
    age_s: int = 30
    call: dict[str, Any] = field(default_factory=dict)
    trace_id: str = field(default_factory=otlp.new_trace_id)
    root_id: str = field(default_factory=otlp.new_span_id)
    call_id: str = field(default_factory=otlp.new_span_id)
    retriever_id: str = field(default_factory=otlp.new_span_id)
    guard_id: str = field(default_factory=otlp.new_span_id)

    def spans(self) -> list[dict]:
        return [self._root(), self._guard(), self._retriever(), self._call()]

    def body(self) -> bytes:
        """One OTLP request with all of it."""
        resource = {"service.name": "shop-assistant", "deployment.environment.name": "test"}
        return otlp.traces_body(*self.spans(), resource=resource)

    def _span(self, name: str, span_id: str, times_ms: tuple[int, int], attributes: dict, **more: object) -> dict:
        start = time.time_ns() - self.age_s * 1_000 * _MS
        who = {"session.id": f"session-{self.user}", "user.id": self.user}
        return otlp.span(
            name,
            trace_id=self.trace_id,
            span_id=span_id,
            parent=None if span_id == self.root_id else self.root_id,
            start=start + times_ms[0] * _MS,
            end=start + times_ms[1] * _MS,
            attributes=attributes | who,
            **more,
        )

    def _root(self) -> dict:
        attributes = {
            "telltale.span.kind": "chain",
            "telltale.input.value": self.question,
            "telltale.output.value": self.answer,
        }
        return self._span(self.name, self.root_id, (0, 1_700), attributes, status=self._status())

    def _guard(self) -> dict:
        attributes = {
            "telltale.span.kind": "guardrail",
            "telltale.guard.name": "injection",
            "telltale.guard.stage": "input",
            "telltale.guard.verdict": self.verdict,
            "telltale.guard.score": 0.1 if self.verdict == "pass" else 0.9,
            "telltale.guard.reason": f"says {self.verdict}",
        }
        return self._span("guard injection", self.guard_id, (2, 9), attributes)

    def _retriever(self) -> dict:
        attributes = {
            "telltale.span.kind": "retriever",
            "gen_ai.retrieval.documents": json.dumps(list(self.documents)),
        }
        return self._span("search handbook", self.retriever_id, (10, 120), attributes)

    def _call(self) -> dict:
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": self.model,
            "gen_ai.response.model": self.model,
            "gen_ai.request.temperature": 0.2,
            "gen_ai.usage.input_tokens": 1_200,
            "gen_ai.usage.output_tokens": 96,
            "gen_ai.usage.cache_read.input_tokens": 640,
            "gen_ai.response.time_to_first_chunk": 0.31,
            "gen_ai.input.messages": messages(("system", self.system), ("user", self.question)),
            "gen_ai.output.messages": messages(("assistant", self.answer)),
        }
        failed = {"status": self._status()} if self.failure else {}
        return self._span(f"chat {self.model}", self.call_id, (130, 1_690), attributes | self.call, **failed)

    def _status(self) -> tuple[int, str]:
        return (2, self.failure) if self.failure else (0, "")


def messages(*said: tuple[str, str]) -> str:
    """Messages in the GenAI conventions' JSON, from (role, text)."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in said])
