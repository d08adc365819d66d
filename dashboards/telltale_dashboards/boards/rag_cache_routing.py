"""Retrieval, caches and routing: what stands between a question and a model."""

from __future__ import annotations

from telltale_dashboards.fragments import CALLS, MODEL, SPANS, TIME, VARIABLES, most, share
from telltale_dashboards.panel import TO_TRACE, Board, Panel, Row, Threshold, stat

_RETRIEVALS = f"{SPANS} AND kind = 'retriever'"
_BEST = "arrayMax(arrayFilter(score -> isNotNull(score), documents.score))"
_SCORED = f"{_RETRIEVALS} AND arrayExists(score -> isNotNull(score), documents.score)"
_CACHED = f"{SPANS} AND cache_hit IS NOT NULL AND duplicate_of IS NULL"
_ROUTED = f"{SPANS} AND route IS NOT NULL AND duplicate_of IS NULL"

_RAG = (
    Panel(
        title="Retrieval latency",
        kind="timeseries",
        unit="ns",
        description="Half and 95 % of retrievals are faster. p95 rises: the index grew or its server is loaded.",
        sql=f"""
            SELECT {TIME}, quantileExact(0.5)(duration_ns) AS p50, quantileExact(0.95)(duration_ns) AS p95
            FROM {_RETRIEVALS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Documents per retrieval",
        kind="timeseries",
        unit="none",
        description="How many documents a retrieval returns, in the mean and at least. Zero at least: some questions "
        "find nothing.",
        sql=f"""
            SELECT {TIME}, avg(length(documents.id)) AS mean, min(length(documents.id)) AS least
            FROM {_RETRIEVALS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Retrievals that found nothing",
        kind="timeseries",
        unit="percentunit",
        thresholds=(Threshold(0.02, "warning"), Threshold(0.1, "bad")),
        description="Share of retrievals without a document. Bad: the index lacks what is asked, or its filter is too "
        "tight.",
        sql=f"""
            SELECT {TIME}, {share("empty(documents.id)")} AS nothing
            FROM {_RETRIEVALS}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Score of the best document",
        kind="heatmap",
        by="up_to",
        unit="none",
        width=12,
        description="The retriever's own score of the first document, by retrieval. A low band grows: questions that "
        "the documents do not answer.",
        sql=f"""
            SELECT {TIME}, printf('%9.1f', ceil(assumeNotNull({_BEST}) * 10) / 10) AS up_to, count() AS retrievals
            FROM {_SCORED}
            GROUP BY time, up_to
            ORDER BY time, up_to
        """,
    ),
    Panel(
        title="Most retrieved documents",
        kind="table",
        unit="short",
        width=12,
        units={"mean_score": "none", "mean_rank": "none"},
        description="Which documents are found, how often, and how well. One in every answer: boilerplate; rank it "
        "down.",
        sql=f"""
            SELECT
                coalesce(document, '') AS document,
                count() AS times,
                avg(score) AS mean_score,
                avg(rank) AS mean_rank,
                uniqExact(trace_id) AS traces
            FROM (
                SELECT trace_id, documents.id AS ids, documents.score AS scores, documents.rank AS ranks
                FROM {_RETRIEVALS}
            )
            ARRAY JOIN ids AS document, scores AS score, ranks AS rank
            GROUP BY document
            ORDER BY times DESC, document
            LIMIT 50
        """,
    ),
    Panel(
        title="Weakest retrievals",
        kind="table",
        unit="short",
        width=24,
        units={"best": "none", "took": "ns"},
        links=(TO_TRACE,),
        description="Retrievals whose best document scores lowest, and those that found nothing. Read the question: "
        "is the document missing, or badly cut?",
        sql=f"""
            SELECT
                trace_id,
                if(empty(documents.score), NULL, {_BEST}) AS best,
                length(documents.id) AS found,
                left(input_text, 200) AS asked,
                duration_ns AS took,
                start_time AS time
            FROM {_RETRIEVALS}
            ORDER BY found = 0 DESC, best ASC NULLS LAST, time DESC, trace_id
            LIMIT 50
        """,
    ),
)

_CACHE = (
    stat(
        "Response cache look-ups",
        "short",
        "How often the application asked its own cache. None: it has no response cache, or it is not recorded.",
        f"SELECT count() AS lookups FROM {_CACHED}",
    ),
    stat(
        "Fresh input tokens",
        "short",
        "Input that the provider had to read anew. Grows faster than calls: prompts grow or the cache is missed.",
        f"SELECT sum(input_tokens) - sum(coalesce(cache_read_tokens, 0)) AS fresh FROM {CALLS}",
    ),
    stat(
        "Response cache hits",
        "percentunit",
        "Share of cache look-ups that were answered without a model; no data without a response cache. "
        "Low: keys differ in what does not matter.",
        f"SELECT {share('cache_hit')} AS hits FROM {_CACHED}",
    ),
    stat(
        "Input from the provider's cache",
        "percentunit",
        "Share of input tokens that the provider had cached. Low: put what never changes first in the prompt.",
        f"SELECT sum(cache_read_tokens) / nullIf(sum(input_tokens), 0) AS cached FROM {CALLS}",
    ),
    stat(
        "Saved by the provider's cache",
        "currencyUSD",
        "What cached input would have cost more without it.",
        f"SELECT sum(cache_savings_usd) AS saved FROM {CALLS}",
    ),
    stat(
        "Tokens written to the provider's cache",
        "short",
        "Input that was paid extra to be cached. Much written and little read: caching costs more than it saves.",
        f"SELECT sum(cache_write_tokens) AS written FROM {CALLS}",
    ),
    Panel(
        title="Response cache",
        kind="timeseries",
        unit="short",
        stacked=True,
        width=12,
        description="Look-ups of the application's own cache. Hits end suddenly: the key's format changed.",
        sql=f"""
            SELECT {TIME}, countIf(cache_hit) AS hits, countIf(NOT cache_hit) AS misses
            FROM {_CACHED}
            GROUP BY time
            ORDER BY time
        """,
    ),
    Panel(
        title="Input from the provider's cache by model",
        kind="timeseries",
        by="model",
        unit="percentunit",
        width=12,
        description="Share of input tokens read from the cache. Falls: the beginning of a prompt changed or calls got "
        "rarer.",
        sql=f"""
            SELECT {TIME}, {most(MODEL, CALLS)} AS model,
                sum(coalesce(cache_read_tokens, 0)) / nullIf(sum(input_tokens), 0) AS cached
            FROM {CALLS}
            GROUP BY time, model
            ORDER BY time, model
        """,
    ),
)

_ROUTING = (
    Panel(
        title="Decisions by route",
        kind="timeseries",
        by="took",
        unit="short",
        stacked=True,
        width=12,
        description="What the router chose. All to one side: its rules no longer tell questions apart.",
        sql=f"""
            SELECT {TIME}, {most("route", _ROUTED)} AS took, count() AS decisions
            FROM {_ROUTED}
            GROUP BY time, took
            ORDER BY time, took
        """,
    ),
    Panel(
        title="Routes",
        kind="table",
        unit="short",
        width=12,
        units={"cost": "currencyUSD", "p95": "ns", "failed": "percentunit"},
        description="Each route with its reasons, what it would have used otherwise, and how it does. The cheap route "
        "fails more: tighten its rule.",
        sql=f"""
            SELECT
                toString(route) AS took,
                coalesce(route_reason, '') AS because,
                coalesce(toString(route_baseline_model), '') AS instead_of,
                count() AS decisions,
                sum(cost_usd) AS cost,
                quantileExact(0.95)(duration_ns) AS p95,
                {share("status = 'error'")} AS failed
            FROM {_ROUTED}
            GROUP BY took, because, instead_of
            ORDER BY decisions DESC, took, because
            LIMIT 50
        """,
    ),
)

BOARD = Board(
    uid="telltale-rag",
    title="Telltale retrieval, caches, routing",
    description="What is found before a model is asked, what is answered from caches, and which model is chosen.",
    variables=VARIABLES,
    rows=(Row("Retrieval", _RAG), Row("Caches", _CACHE), Row("Routing", _ROUTING)),
    starts="now-24h",
)
