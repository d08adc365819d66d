"""generateContent: requests and answers, whole or in chunks; and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from telltale import semconv
from telltale._content import to_json
from telltale.instruments._answer import Answer, Choice, Text, Usage
from telltale.instruments._fields import count, items, only
from telltale.instruments._google_contents import messages, named, part_of, word

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBERS: Final = {
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "top_k": semconv.REQUEST_TOP_K,
    "max_output_tokens": semconv.REQUEST_MAX_TOKENS,
    "seed": semconv.REQUEST_SEED,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "output_dimensionality": semconv.EMBEDDINGS_DIMENSIONS,
}
_JOINED: Final = frozenset({"text", "reasoning"})


embedding_asked: Final = only("contents", "content", "batch_contents")


def embedding_content(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The texts to embed, each a message."""
    given = next((given for given in kwargs.values() if given), None)
    if given is None:
        return {}
    one_by_one = given if isinstance(given, (list, tuple)) else [given]
    return {semconv.INPUT_MESSAGES: to_json([found for item in one_by_one for found in messages(item)])}


def request(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The call's arguments as span attributes, but for its content."""
    config = kwargs.get("config")
    attributes: dict[str, Any] = {}
    for name, attribute in _NUMBERS.items():
        found = named(config, name)
        if isinstance(found, (int, float)):
            attributes[attribute] = found
    model = kwargs.get("model")
    if isinstance(model, str):  # models/gemini-2.5-flash, publishers/google/models/gemini-2.5-flash
        attributes[semconv.REQUEST_MODEL] = model.rpartition("models/")[2] if "tunedModels/" not in model else model
    stops = items(named(config, "stop_sequences"))
    if stops:
        attributes[semconv.REQUEST_STOP_SEQUENCES] = [str(stop) for stop in stops]
    choices = named(config, "candidate_count")
    if isinstance(choices, int) and choices != 1:
        attributes[semconv.REQUEST_CHOICE_COUNT] = choices
    words = {
        semconv.REQUEST_REASONING: word(named(named(config, "thinking_config"), "thinking_level")),
        semconv.REQUEST_SERVICE_TIER: word(named(config, "service_tier")),
    }
    return attributes | {name: said.lower() for name, said in words.items() if said is not None}


class _Parts:
    """A candidate's parts as they arrive: a text goes on from chunk to chunk."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._kind = ""
        self._pieces = Text()

    def add(self, part: Any) -> None:
        found = part_of(part)
        kind = found["type"]
        if kind != self._kind:
            self.close()
        if kind in _JOINED:
            self._kind = kind
            self._pieces.add(found["content"])
        else:
            self._choice.parts.append(found)

    def close(self) -> None:
        if self._pieces:
            self._choice.parts.append({"type": self._kind, "content": str(self._pieces)})
        self._kind, self._pieces = "", Text()


class Reader:
    """Reads one answer. Chunks have the form of whole answers."""

    def __init__(self) -> None:
        self._answer = Answer()
        self._parts: dict[int, _Parts] = {}

    @property
    def answer(self) -> Answer:
        for parts in self._parts.values():
            parts.close()
        return self._answer

    def whole(self, response: Any) -> None:
        answer = self._answer
        answer.id = named(response, "response_id") or answer.id
        answer.model = named(response, "model_version") or answer.model
        for position, candidate in enumerate(items(named(response, "candidates"))):
            self._candidate(candidate, position)
        blocked = word(named(named(response, "prompt_feedback"), "block_reason"))
        if blocked is not None:
            answer.choice(0).finish_reason = blocked
        usage = named(response, "usage_metadata")
        if usage is not None:
            is_over = any(choice.finish_reason is not None for choice in answer.choices.values())
            answer.usage, answer.extra = usage_of(usage, is_over=is_over), _by_modality(usage)

    def chunk(self, chunk: Any) -> None:
        self.whole(chunk)

    def _candidate(self, candidate: Any, position: int) -> None:
        index = named(candidate, "index")
        index = index if isinstance(index, int) else position
        choice = self._answer.choice(index)
        choice.finish_reason = word(named(candidate, "finish_reason")) or choice.finish_reason
        parts = self._parts.setdefault(index, _Parts(choice))
        for part in items(named(named(candidate, "content"), "parts")):
            parts.add(part)


class EmbeddingReader:
    """Reads one batch of embeddings; the vectors are not recorded."""

    def __init__(self) -> None:
        self.answer = Answer()

    def whole(self, response: Any) -> None:
        found = items(named(response, "embeddings"))
        values = next((values for item in found if (values := named(item, "values"))), None)
        if isinstance(values, list):
            self.answer.extra[semconv.EMBEDDINGS_DIMENSIONS] = len(values)
        counts = [named(named(item, "statistics"), "token_count") for item in found]
        given = count(named(named(response, "usage_metadata"), "prompt_token_count"))
        if given is None and counts and all(isinstance(counted, (int, float)) for counted in counts):
            given = int(sum(counts))
        self.answer.usage.input_tokens = given

    def chunk(self, chunk: Any) -> None:
        """Embeddings are not streamed."""


def usage_of(usage: Any, *, is_over: bool = True) -> Usage:
    """Totals: Google counts thoughts beside the candidates, prompts of its own tools beside the prompt.

    Zeros are left out: of an answer that is over, no count of what was made means none was. Of one that goes on it
    means nothing yet.
    """
    prompt, tools = count(named(usage, "prompt_token_count")), count(named(usage, "tool_use_prompt_token_count"))
    made, thoughts = count(named(usage, "candidates_token_count")), count(named(usage, "thoughts_token_count"))
    given = None if prompt is None else prompt + (tools or 0)
    output = None if made is None and thoughts is None else (made or 0) + (thoughts or 0)
    if is_over and output is None and given is not None and count(named(usage, "total_token_count")) == given:
        output = 0
    return Usage(given, output, count(named(usage, "cached_content_token_count")), None, thoughts)


def _by_modality(usage: Any) -> dict[str, int]:
    """Audio and pictures, which have prices of their own. Of the input those parts that were not cached."""
    heard = _tokens(usage, "prompt_tokens_details", "AUDIO") - _tokens(usage, "cache_tokens_details", "AUDIO")
    counts = {
        semconv.USAGE_INPUT_AUDIO: heard,
        semconv.USAGE_OUTPUT_AUDIO: _tokens(usage, "candidates_tokens_details", "AUDIO"),
        semconv.USAGE_OUTPUT_IMAGE: _tokens(usage, "candidates_tokens_details", "IMAGE"),
    }
    return {name: found for name, found in counts.items() if found > 0}


def _tokens(usage: Any, details: str, modality: str) -> int:
    found = [item for item in items(named(usage, details)) if word(named(item, "modality")) == modality]
    return sum(count(named(item, "token_count")) or 0 for item in found)
