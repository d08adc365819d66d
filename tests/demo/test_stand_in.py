import pytest
import stand_in
from openai import NotFoundError, OpenAI

PROMPT = "Text: Dogs bark at night. Cats purr when they are content.\nQuestion: When do cats purr?\nAnswer:"
ANSWER = "Cats purr when they are content."
MESSAGES = [{"role": "system", "content": "Answer from the text."}, {"role": "user", "content": PROMPT}]


def test_it_answers_with_the_sentence_that_shares_most_words_with_the_question(stand_in_client: OpenAI) -> None:
    response = stand_in_client.chat.completions.create(model="any", messages=MESSAGES)
    assert response.choices[0].message.content == ANSWER
    assert response.choices[0].finish_reason == "stop"


def test_it_says_in_every_answer_that_it_is_no_language_model(stand_in_client: OpenAI) -> None:
    response = stand_in_client.chat.completions.create(model="gpt-9", messages=MESSAGES)
    assert response.model == "extractive-stand-in"
    assert "not a language model" in response.system_fingerprint


def test_it_counts_words_as_tokens(stand_in_client: OpenAI) -> None:
    usage = stand_in_client.chat.completions.create(model="any", messages=MESSAGES).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (21, 6, 27)


def test_a_stream_gives_the_same_answer_in_pieces_and_then_the_usage(stand_in_client: OpenAI) -> None:
    stream = stand_in_client.chat.completions.create(
        model="any", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) == 6
    assert "".join(pieces) == ANSWER
    assert chunks[-1].usage.total_tokens == 27
    assert {chunk.model for chunk in chunks} == {"extractive-stand-in"}


def test_a_stream_has_no_usage_unless_it_is_asked_for(stand_in_client: OpenAI) -> None:
    chunks = list(stand_in_client.chat.completions.create(model="any", messages=MESSAGES, stream=True))
    assert [chunk.usage for chunk in chunks if chunk.usage] == []


def test_it_lists_itself_as_the_only_model(stand_in_client: OpenAI) -> None:
    assert [model.id for model in stand_in_client.models.list()] == ["extractive-stand-in"]


def test_it_refuses_what_it_cannot_do(stand_in_client: OpenAI) -> None:
    with pytest.raises(NotFoundError, match="no such route: /v1/embeddings"):
        stand_in_client.embeddings.create(model="any", input="text")


def test_it_does_not_know_what_the_text_does_not_say() -> None:
    assert stand_in.extract("Text: Dogs bark at night.\nQuestion: Who wrote Hamlet?\nAnswer:") == "I don't know."
