"""From records to spans: what the hops together make of what an application sends."""

from decimal import Decimal

import otlp
import pytest
from embedded_store import Store

from telltale_collector.store.client import Client


@pytest.fixture(params=[False, True], ids=["read here", "read ahead"])
def store(client: Client, project: str, request: pytest.FixtureRequest) -> Store:
    return Store(client, project, encoded=request.param)


def settled(store: Store, **attributes: object):
    sent = otlp.llm_span(attributes={key.replace("__", "."): value for key, value in attributes.items()})
    store.add(sent)
    (span,) = store.reader.trace(store.project, sent["trace_id"]).spans
    return span


@pytest.mark.parametrize(("model", "priced"), [("gpt-oss-20b", False), ("llama3.2:3b", False), ("gpt-4o-mini", True)])
def test_a_server_that_only_speaks_openais_language_is_not_openai(store: Store, model: str, priced: bool) -> None:
    named = {"gen_ai__request__model": model, "gen_ai__response__model": model}
    span = settled(store, gen_ai__provider__name="openai_compatible", **named)
    assert span.provider == "openai_compatible"
    assert (span.cost_usd is not None) is priced
    assert span.cost_source == ("table" if priced else "unpriced")


@pytest.mark.parametrize(
    "attribute", ["openai.response.service_tier", "gen_ai.openai.response.service_tier", "openai.request.service_tier"]
)
def test_a_cheaper_service_tier_reaches_the_price(store: Store, attribute: str) -> None:
    named = {"gen_ai.request.model": "gpt-5", "gen_ai.response.model": "gpt-5"}
    full, flex = (otlp.llm_span(attributes={**named, attribute: tier}) for tier in ("default", "flex"))
    store.add(full, flex)
    costs = {
        span.service_tier: span.cost_usd
        for sent in (full, flex)
        for span in store.reader.trace(store.project, sent["trace_id"]).spans
    }
    assert costs["flex"] * 2 == costs["default"]


def test_cache_writes_that_are_kept_for_an_hour_cost_more(store: Store) -> None:
    model = {"gen_ai__provider__name": "anthropic", "gen_ai__response__model": "claude-sonnet-4-5"}
    usage = {"gen_ai__usage__cache_write__input_tokens": 1000}
    short = settled(store, **model, **usage)
    hour = settled(store, **model, **usage, anthropic__usage__cache_creation__ephemeral_1h_input_tokens=1000)
    assert (short.cache_write_1h_tokens, hour.cache_write_1h_tokens) == (None, 1000)
    assert hour.input_cost_usd - short.input_cost_usd == Decimal("0.00225")  # 6 instead of 3.75 dollars a million


def test_an_unpriced_model_says_so(store: Store) -> None:
    span = settled(store, gen_ai__request__model="mine", gen_ai__response__model="mine")
    assert (span.cost_usd, span.cost_source, span.price_id) == (None, "unpriced", None)


def test_a_judgement_written_on_a_span_becomes_a_score_of_it(store: Store) -> None:
    sent = otlp.span(
        attributes={
            "openinference.span.kind": "LLM",
            "evaluations.0.evaluation.name": "relevance",
            "evaluations.0.evaluation.score": 0.75,
        }
    )
    store.add(sent)
    store.add(sent)
    scores = store.reader.trace(store.project, sent["trace_id"]).scores
    assert [(score.name, score.value, score.span_id) for score in scores] == [("relevance", 0.75, sent["span_id"])]
