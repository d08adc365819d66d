"""A month of an application's traffic, made up by the engine itself: what alert rules read of it, always the same.

Traces of five spans, evenly spread: an agent, a retriever, two guards, a chat call. Six services, five models, 5,000
users; 1 call in 200 fails, 1 guard in 100 blocks. No texts: no rule reads any.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from telltale_collector.model import Amounts, Budget, BudgetFilter
from telltale_collector.store.budgets import budget_columns
from telltale_collector.store.client import Client

PROJECT = "default"
SPANS_OF_TRACE = 5
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
BATCH = 2_000
"""Spans of an insert of the last day."""

_SCORES = ("relevance", "groundedness", "hallucination", "feedback")


def _pick(*values: str) -> str:
    """A SQL expression: one of the texts for each part of a trace."""
    return f"{list(values)}[part + 1]"


def _random(salt: str, most: int) -> str:
    """A SQL expression: the same number below ``most`` for all spans of a trace."""
    return f"(cityHash64(trace, '{salt}') % {most})"


def _of_chat(expression: str) -> str:
    return f"if(is_chat, {expression}, NULL)"


_MODELS = "['gpt-4o', 'gpt-4o-mini', 'claude-haiku-4-5', 'claude-sonnet-4-5', 'gemini-2.5-flash']"
_FAILED = f"{_random('failed', 200)} = 0"
_NAMES = {
    "project": f"'{PROJECT}'",
    "trace_id": "lower(hex(MD5(toString(trace))))",
    "span_id": "left(lower(hex(MD5(concat('span', toString(number))))), 16)",
    "parent_span_id": "if(part = 0, NULL, left(lower(hex(MD5(concat('span', toString(number - part))))), 16))",
    "name": _pick("answer", "search", "input guard", "output guard", "chat"),
    "kind": _pick("agent", "retriever", "guardrail", "guardrail", "llm"),
    "service": f"concat('service-', toString({_random('service', 6)}))",
    "environment": f"if({_random('environment', 10)} = 0, 'staging', 'production')",
    "scope": "'telltale'",
    "operation": _of_chat("'chat'"),
    "dialect": "'telltale'",
    "user_id": f"concat('user-', toString({_random('user', 5000)}))",
    "session_id": "concat('session-', toString(intDiv(trace, 4)))",
    "tags": f"if({_random('tag', 20)} = 0, ['beta'], [])",
}
_TIMES = {
    "start_time": "fromUnixTimestamp64Nano(toInt64({start}) + toInt64(trace) * toInt64({every})"
    " + [0, 20, 5, 2500, 300][part + 1] * 1000000)",
    "end_time": "start_time + toIntervalMillisecond([4000, 200, 15, 15, 2000][part + 1]"
    f" + {_random('duration', 1500)} * (part IN (0, 4)))",
    "received_at": "end_time + toIntervalMillisecond(2000)",
    "partition_date": "toDate(start_time)",
}
_OUTCOMES = {
    "status": f"if(part IN (0, 4) AND {_FAILED}, 'error', 'ok')",
    "error_type": f"if(is_chat AND {_FAILED}, ['RateLimitError', 'APITimeoutError'][1 + {_random('type', 2)}], NULL)",
    "status_message": f"if(is_chat AND {_FAILED}, 'the provider gave up', NULL)",
    "guard_name": "if(part IN (2, 3), ['injection', 'pii'][part - 1], NULL)",
    "guard_stage": "if(part IN (2, 3), ['input', 'output'][part - 1], NULL)",
    "guard_verdict": f"if(part IN (2, 3), if({_random('block', 100)} = 0, 'block', 'pass'), NULL)",
}
_CALLS = {
    "provider": _of_chat(f"['openai', 'openai', 'anthropic', 'anthropic', 'google'][1 + {_random('model', 5)}]"),
    "request_model": _of_chat(f"{_MODELS}[1 + {_random('model', 5)}]"),
    "response_model": _of_chat(f"{_MODELS}[1 + {_random('model', 5)}]"),
    "response_id": _of_chat("concat('response-', toString(trace))"),
    "input_tokens": _of_chat(f"800 + {_random('input', 1200)}"),
    "cache_read_tokens": _of_chat(f"512 * {_random('cached', 2)}"),
    "output_tokens": _of_chat(f"50 + {_random('output', 400)}"),
    "max_tokens": _of_chat("1000"),
    "tokens_source": _of_chat("'provider'"),
    "cost_usd": _of_chat(f"toDecimal64(0.0005 + {_random('cost', 3000)} / 1000000, 12)"),
    "cost_source": _of_chat("'table'"),
    "ttft_ns": _of_chat(f"200000000 + {_random('ttft', 900)} * 1000000"),
    "stream": _of_chat("true"),
    "finish_reason": _of_chat(f"if({_random('cut', 50)} = 0, 'length', 'stop')"),
    "prompt_name": _of_chat(f"concat('prompt-', toString({_random('prompt', 10)}))"),
    "prompt_version": _of_chat(f"toString({_random('version', 2)})"),
    "route": _of_chat(f"['cheap', 'strong'][1 + {_random('model', 2)}]"),
}
_SCORE = {
    "project": f"'{PROJECT}'",
    "score_id": "lower(hex(MD5(concat(score, toString(trace)))))",
    "trace_id": _NAMES["trace_id"],
    "name": "score",
    "value": f"multiIf(score = 'feedback', if({_random('like', 8)} = 0, -1., 1.), score = 'hallucination',"
    f" toFloat64({_random('lie', 40)} = 0), 0.7 + {_random('score', 300)} / 1000)",
    "source": "if(score = 'feedback', 'user', 'judge')",
    "created_at": "fromUnixTimestamp64Nano(toInt64({start}) + toInt64(trace) * toInt64({every}) + 10000000000)",
    "received_at": "created_at",
}


class Month:
    """``spans`` spans, evenly spread over the ``days`` that end at ``now_ns``, and scores of every fifth trace."""

    def __init__(self, client: Client, spans: int, days: int, now_ns: int) -> None:
        self._client = client
        self._traces = spans // SPANS_OF_TRACE
        self._every_ns = days * DAY // self._traces
        self._start_ns = now_ns - days * DAY
        self._days = days

    def fill(self) -> None:
        """Write all: the last day in batches, the days before as one part each, as the engine keeps quiet days."""
        recent = self._traces // self._days
        for first in range(0, self._traces - recent, max(recent, 1)):
            self._spans(first, min(recent, self._traces - recent - first))
        for day in range(self._days):
            date = datetime.fromtimestamp((self._start_ns + day * DAY) // SECOND, UTC).date()
            self._client.command(f"OPTIMIZE TABLE spans PARTITION '{date}' FINAL")
        step = BATCH // SPANS_OF_TRACE
        for first in range(self._traces - recent, self._traces, step):
            self._spans(first, min(step, self._traces - first))
        self._scores()
        self._ledger()
        for at, budget in enumerate(budgets()):
            columns = budget_columns(PROJECT, budget, self._start_ns, is_removed=False)
            self._client.insert("budgets", columns, f"budget-{at}")

    def _spans(self, first: int, traces: int) -> None:
        columns = self._given(_NAMES | _TIMES | _OUTCOMES | _CALLS)
        numbers = f"numbers({first * SPANS_OF_TRACE}, {traces * SPANS_OF_TRACE})"
        self._client.command(
            f"INSERT INTO spans ({', '.join(columns)}) WITH intDiv(number, {SPANS_OF_TRACE}) AS trace,"
            f" number % {SPANS_OF_TRACE} AS part, part = 4 AS is_chat"
            f" SELECT {', '.join(f'{text} AS {name}' for name, text in columns.items())} FROM {numbers}"
            " SETTINGS max_partitions_per_insert_block = 0"
        )

    def _scores(self) -> None:
        columns = self._given(_SCORE)
        self._client.command(
            f"INSERT INTO scores ({', '.join(columns)}) WITH number AS trace"
            f" SELECT {', '.join(f'{text} AS {name}' for name, text in columns.items())}"
            f" FROM numbers({self._traces}) ARRAY JOIN {list(_SCORES)} AS score WHERE {_random('scored', 5)} = 0"
        )

    def _ledger(self) -> None:
        self._client.command(
            "INSERT INTO ledger SELECT project, toStartOfHour(received_at) AS hour, 'traces', 'stored', '', 'log',"
            " count(), 1 FROM spans GROUP BY project, hour"
        )

    def _given(self, columns: dict[str, str]) -> dict[str, str]:
        times = {"start": self._start_ns, "every": self._every_ns}
        return {name: text.format(**times) for name, text in columns.items()}


def budgets() -> list[Budget]:
    """Twenty: of everything, of services, models, prompts, users and a tag; in dollars, calls and tokens."""
    filters = [BudgetFilter(), BudgetFilter(environment="production")]
    filters += [BudgetFilter(service=f"service-{number}") for number in range(6)]
    filters += [BudgetFilter(model=model) for model in ("gpt-4o", "claude-sonnet-4-5")]
    filters += [BudgetFilter(prompt_name=f"prompt-{number}") for number in range(3)]
    filters += [BudgetFilter(user_id=f"user-{number}") for number in range(5)]
    filters += [BudgetFilter(tag="beta"), BudgetFilter(service="service-0", session_id="session-7")]
    return [_budget(number, chosen) for number, chosen in enumerate(filters)]


def _budget(number: int, chosen: BudgetFilter) -> Budget:
    window, window_s = [("month", None), ("day", None), ("rolling", int(timedelta(days=7).total_seconds()))][number % 3]
    usd, calls, tokens = Decimal(10_000), 10_000_000, 10_000_000_000
    limit = [Amounts(usd=usd), Amounts(usd=usd, calls=calls), Amounts(tokens=tokens)][number % 3]
    return Budget(
        name=f"budget-{number}",
        filter=chosen,
        limit=limit,
        window=window,
        window_s=window_s,
        action="warn",
        route={},
    )
