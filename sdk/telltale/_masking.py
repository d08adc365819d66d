"""What leaves the process, and how: capture mode and mask hook, applied on the export thread.

``full``    everything, through the ``mask`` hook where there is one.
``masked``  every string is searched for personal data and secrets, then goes through the hook.
``none``    no content at all; models, tokens, timings and error types stay.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from opentelemetry.trace import Status

from telltale import semconv
from telltale._safely import safely
from telltale.guards import pii, secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.trace import ReadableSpan

Capture: TypeAlias = Literal["full", "masked", "none"]
Mask: TypeAlias = "Callable[[str], str]"
Attributes: TypeAlias = "Mapping[str, Any]"

FAILED: Final = "[masking failed]"

_CONTENT: Final = frozenset(
    {
        semconv.INPUT_MESSAGES,
        semconv.OUTPUT_MESSAGES,
        semconv.SYSTEM_INSTRUCTIONS,
        semconv.TOOL_DEFINITIONS,
        semconv.TOOL_CALL_ARGUMENTS,
        semconv.TOOL_CALL_RESULT,
        semconv.RETRIEVAL_QUERY,
        semconv.RETRIEVAL_DOCUMENTS,
        semconv.INPUT_VALUE,
        semconv.OUTPUT_VALUE,
        semconv.EVALUATION_EXPLANATION,
        semconv.REQUEST_STOP_SEQUENCES,
        "exception.message",
        "exception.stacktrace",
        "input.value",
        "output.value",
        "gen_ai.prompt",
        "gen_ai.completion",
        "traceloop.entity.input",
        "traceloop.entity.output",
    }
)
# What other instrumentations write when Telltale's provider is the process's own.
_CONTENT_PREFIXES: Final = (
    "gen_ai.prompt.",
    "gen_ai.completion.",
    "gen_ai.input.",
    "gen_ai.output.",
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.prompts.",
    "retrieval.documents.",
    "embedding.embeddings.",
)
_NOT_CONTENT: Final = frozenset({semconv.PROMPT_NAME, semconv.PROMPT_VERSION})
# Identity is what the application chose to group by; redacting it would make it useless.
_IDENTITY: Final = frozenset(
    {
        semconv.SESSION_ID,
        semconv.USER_ID,
        semconv.CONVERSATION_ID,
        semconv.RESPONSE_ID,
        semconv.SERVER_ADDRESS,
        semconv.PROMPT_HASH,
        semconv.CACHE_KEY,
        semconv.SCORE_ID,
        semconv.SCORE_AUTHOR,
        semconv.ERROR_TYPE,
        "exception.type",
    }
)
_TELLING_NUMBER: Final = 10**9
_STRUCTURE: Final = frozenset({"role", "type", "finish_reason"})


def is_content(key: str) -> bool:
    """Whether an attribute carries what people or models wrote."""
    return key in _CONTENT or (key.startswith(_CONTENT_PREFIXES) and key not in _NOT_CONTENT)


@dataclass(frozen=True, slots=True)
class Policy:
    """How content leaves the process. A ``mask`` that raises costs the value, not privacy."""

    capture: Capture = "full"
    mask: Mask | None = None

    @property
    def keeps_content(self) -> bool:
        return self.capture != "none"

    def text(self, text: str) -> str:
        """One content string as it may leave."""
        if self.capture == "masked":
            text = _redacted(text)
        return text if self.mask is None else _hooked(self.mask, text)

    def attributes(self, attributes: Attributes) -> dict[str, Any]:
        """All attributes as they may leave; in ``none``, without those that are content."""
        kept = attributes if self.keeps_content else {k: v for k, v in attributes.items() if not is_content(k)}
        return {key: self._value(key, value) for key, value in kept.items()}

    def span(self, span: ReadableSpan) -> ReadableSpan:
        """The span as it may leave: the same object where nothing has to change."""
        if self.capture == "full" and self.mask is None and _is_clean(span):
            return span
        from opentelemetry.sdk.trace import Event, ReadableSpan  # noqa: PLC0415 - loaded by those that have spans

        return ReadableSpan(
            name=_clean(span.name),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=self.attributes(span.attributes or {}),
            events=[Event(e.name, self.attributes(e.attributes or {}), e.timestamp) for e in span.events],
            links=span.links,
            kind=span.kind,
            status=self._status(span.status),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _status(self, status: Status) -> Status:
        if not status.description:
            return status
        return Status(status.status_code, self.text(_clean(status.description)) if self.keeps_content else None)

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, (tuple, list)):
            return [self._value(key, item) for item in value]
        if not isinstance(value, str):
            return value
        value = _clean(value)
        if is_content(key) or key.startswith(semconv.METADATA_PREFIX):
            return self._content(value)
        return _redacted(value) if self.capture == "masked" and key not in _IDENTITY else value

    def _content(self, value: str) -> str:
        """JSON is masked string by string: escapes would hide what stands at a line's start."""
        if self.capture == "full" and self.mask is None:
            return value
        tree = _parsed(value)
        if tree is None:
            return self.text(value)
        return json.dumps(self._tree(tree), ensure_ascii=False, separators=(",", ":"))

    def _tree(self, node: Any) -> Any:
        if isinstance(node, str):
            return self.text(node)
        if isinstance(node, int) and abs(node) >= _TELLING_NUMBER:
            return self._number(node)
        if isinstance(node, list):
            return [self._tree(item) for item in node]
        if isinstance(node, dict):
            return {self._name(k): v if k in _STRUCTURE else self._tree(v) for k, v in node.items()}
        return node

    def _number(self, number: int) -> Any:
        """A card or telephone number written as a number is one all the same."""
        text = str(number)
        return number if self.capture != "masked" or _redacted(text) == text else _redacted(text)

    def _name(self, key: str) -> str:
        return _redacted(key) if self.capture == "masked" else key


def _parsed(text: str) -> Any:
    """The JSON object or list that a text is; None for any other text."""
    if not text.startswith(("{", "[")):
        return None
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tree


def _redacted(text: str) -> str:
    with safely("redact personal data"):
        return secrets.redact(pii.redact(text))
    return FAILED


def _hooked(mask: Mask, text: str) -> str:
    masked: Any = FAILED
    with safely("run the mask function given to init()"):
        masked = mask(text)
    return masked if isinstance(masked, str) else FAILED


def _clean(text: str) -> str:
    """Lone surrogates have no UTF-8; they would cost the whole attribute."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _is_clean(span: ReadableSpan) -> bool:
    """Whether all texts of a span have a UTF-8 form."""
    texts: list[Any] = [span.name, span.status.description]
    for attributes in (span.attributes, *(event.attributes for event in span.events)):
        for value in (attributes or {}).values():
            texts.extend(value if isinstance(value, (tuple, list)) else (value,))
    return all(_clean(text) == text for text in texts if isinstance(text, str))
