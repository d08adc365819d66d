"""A bot that answers questions about Python from the language reference, watched by Telltale.

    python bot.py "Is the sort method of a list stable?"

asks whatever model `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `DEMO_MODEL` name. Telltale is in the lines that
say `telltale`; without them, this is the same bot.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from bm25 import BM25, Passage, passages, terms
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

import telltale

PASSAGES = 2  # with one, the demo's model gets 17 golden questions right, with two 21
MAX_TOKENS = 64
SYSTEM = (
    "You are a Python expert. Read the text, then answer the question in one sentence. Use the words of the "
    "text. If the text does not answer the question, say that you do not know."
)
REFUSAL = "I only answer questions about Python."
INDEX = BM25(passages())


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot said, and the trace that shows how it came to it."""

    text: str
    trace_id: str


def start() -> OpenAI:
    """Connect the application: to its model and, by one line, to Telltale."""
    telltale.init(service_name="rag-bot")
    return OpenAI()


def answer(client: OpenAI, question: str, *, session_id: str, user_id: str, stream: bool = False) -> Answer:
    """Answer one question, as one trace that belongs to a session and a user."""
    tags = ["demo", "streamed" if stream else "at-once"]
    with telltale.context(session_id=session_id, user_id=user_id, tags=tags), telltale.span("answer") as span:
        text = _answer(client, question, stream=stream)
        span.set(input=question, output=text)
    return Answer(text, span.trace_id)


def _answer(client: OpenAI, question: str, *, stream: bool) -> str:
    if telltale.guard("injection", stage="input").check(question).verdict == "block":
        return REFUSAL
    private = telltale.guard("pii", stage="input", on_hit="redact").check(question)
    question = private.redacted_text or question
    found = retrieve(question)
    text = complete(client, prompt(question, found), stream=stream)
    check_grounding(text, found)
    return text


@telltale.observe(kind="retriever")
def retrieve(question: str) -> list[Passage]:
    """The passages to answer from, best first. Telltale records their ids, texts and scores."""
    return INDEX.search(question, PASSAGES)


def prompt(question: str, found: list[Passage]) -> list[ChatCompletionMessageParam]:
    """The messages for the model. The best passage comes last, where a small model attends most."""
    text = "\n".join(passage.content for passage in reversed(found))
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"{text}\n\nQuestion: {question}"},
    ]


def complete(client: OpenAI, messages: list[ChatCompletionMessageParam], *, stream: bool) -> str:
    """An ordinary OpenAI call: nothing here knows of Telltale, which records it all the same."""
    create = client.chat.completions.create
    model = os.environ["DEMO_MODEL"]
    if not stream:
        response = create(model=model, messages=messages, temperature=0, max_tokens=MAX_TOKENS)
        return (response.choices[0].message.content or "").strip()
    chunks = create(
        model=model,
        messages=messages,
        temperature=0,
        max_tokens=MAX_TOKENS,
        stream=True,
        stream_options={"include_usage": True},  # else providers leave the token counts out of streams
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices).strip()


def ungroundedness(text: str, found: list[Passage]) -> float:
    """The share of the answer's words that the passages do not have: 0 (all are there) to 1."""
    known = {term for passage in found for term in terms(passage.content)}
    said = set(terms(text))
    return len(said - known) / len(said) if said else 1.0


def check_grounding(text: str, found: list[Passage]) -> None:
    """A guard of our own: any function of the text will do. It flags what looks made up."""

    def groundedness(answer_text: str) -> float:
        return ungroundedness(answer_text, found)

    telltale.guard(groundedness, stage="output", on_hit="flag", threshold=0.4).check(text)


if __name__ == "__main__":
    print(answer(start(), sys.argv[1], session_id="shell", user_id=os.environ.get("USER", "somebody")).text)
