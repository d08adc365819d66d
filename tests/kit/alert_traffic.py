"""Traffic for alert rules, written by the engine itself: days of it in a fraction of a second, always the same."""

import itertools
from collections.abc import Mapping

from telltale_collector.model import Amounts, Budget, BudgetFilter
from telltale_collector.store.budgets import budget_columns
from telltale_collector.store.client import Client

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
NOW = 1_795_000_000 // 86_400 * DAY + 15 * HOUR + 7 * MINUTE
"""In the afternoon of an ordinary day."""

_tokens = itertools.count()
_CALL = {
    "trace_id": "lower(hex(MD5(concat({salt}, toString(number)))))",
    "span_id": "left(lower(hex(MD5(concat('span', {salt}, toString(number))))), 16)",
    "name": "'chat'",
    "service": "'shop'",
    "environment": "'production'",
    "kind": "'llm'",
    "operation": "'chat'",
    "dialect": "'gen_ai'",
    "start_time": "fromUnixTimestamp64Nano(toInt64({start}) + toInt64(number) * {every})",
    "end_time": "start_time + toIntervalMillisecond(1500 + {random} % 2000)",
    "received_at": "end_time + toIntervalSecond(2)",
    "partition_date": "toDate(start_time)",
    "status": "if({random} % 250 = 0, 'error', 'ok')",
    "error_type": "if(status = 'error', 'APIConnectionError', NULL)",
    "provider": "'openai'",
    "request_model": "'gpt-4o-mini'",
    "response_model": "'gpt-4o-mini'",
    "input_tokens": "1000 + {random} % 200",
    "cache_read_tokens": "500",
    "output_tokens": "100 + {random} % 100",
    "max_tokens": "1000",
    "tokens_source": "'provider'",
    "cost_usd": "toDecimal64(0.001, 12)",
    "cost_source": "'table'",
    "ttft_ns": "300000000 + ({random} % 500) * 1000000",
    "finish_reason": "if({random} % 50 = 0, 'length', 'stop')",
    "user_id": "concat('u', toString({random} % 40))",
    "session_id": "concat('s', toString(intDiv(number, 5)))",
    "prompt_name": "'answer'",
}
_GUARD = {name: _CALL[name] for name in ("trace_id", "span_id", "service", "environment", "start_time")} | {
    "name": "'guard'",
    "kind": "'guardrail'",
    "end_time": "start_time + toIntervalMillisecond(20)",
    "received_at": _CALL["received_at"],
    "partition_date": _CALL["partition_date"],
    "status": "'ok'",
    "guard_name": "'injection'",
    "guard_verdict": "if({random} % 60 = 0, 'block', 'pass')",
}
_SCORE = {
    "score_id": _CALL["trace_id"],
    "trace_id": _CALL["trace_id"],
    "name": "'relevance'",
    "value": "0.8 + (toInt64({random} % 200) - 100) / 1000",
    "source": "'judge'",
    "created_at": _CALL["start_time"],
    "received_at": "created_at",
}


class AlertTraffic:
    """One project. Columns given by name are SQL; ``number`` counts the rows."""

    def __init__(self, client: Client, project: str) -> None:
        self._client = client
        self.project = project
        self._inserts = itertools.count()  # of its own: what is made up does not depend on other tests

    def calls(self, start: int, every: int, number: int, **columns: str) -> None:
        self._insert("spans", _CALL | columns, start, every, number)

    def guards(self, start: int, every: int, number: int, **columns: str) -> None:
        self._insert("spans", _GUARD | columns, start, every, number)

    def scores(self, start: int, every: int, number: int, **columns: str) -> None:
        self._insert("scores", _SCORE | columns, start, every, number)

    def budget(self, name: str, limit: Amounts, window: str = "month", **more: object) -> None:
        made = Budget(
            name=name,
            filter=more.get("filter", BudgetFilter()),
            limit=limit,
            window=window,
            window_s=more.get("window_s"),
            action="warn",
            route={},
        )
        self._client.insert("budgets", budget_columns(self.project, made, NOW - 40 * DAY, is_removed=False), _token())

    def ledger(self, hour: int, outcome: str, items: int, reason: str = "") -> None:
        row = {"project": self.project, "hour": hour // HOUR * 3600, "signal": "traces", "outcome": outcome}
        row |= {"reason": reason, "log": "log", "items": items, "upto": 1}
        self._client.insert("ledger", {name: [value] for name, value in row.items()}, _token())

    def dead_letter(self, at: int) -> None:
        row = {"project": self.project, "signal": "traces", "reason": "bad", "payload": "", "received_at": at}
        self._client.insert("dead_letters", {name: [value] for name, value in row.items()}, _token())

    def healthy(self, start: int, end: int) -> None:
        """Two services, a call a minute each, with a little of everything that goes wrong every day."""
        number = (end - start) // MINUTE
        self.calls(start, MINUTE, number)
        self.calls(start + 20 * SECOND, MINUTE, number, service="'desk'", response_model="'claude-haiku-4-5'")
        self.guards(start + 5 * SECOND, MINUTE, number)
        self.scores(start, 5 * MINUTE, number // 5)
        self.scores(start, 5 * MINUTE, number // 5, name="'hallucination'", value="toFloat64({random} % 40 = 0)")
        feedback = {"name": "'feedback'", "source": "'user'", "value": "if({random} % 8 = 0, -1., 1.)"}
        self.scores(start, 7 * MINUTE, number // 7, **feedback)
        for hour in range(start, end, HOUR):
            self.ledger(hour, "stored", 180)

    def _insert(self, table: str, columns: Mapping[str, str], start: int, every: int, number: int) -> None:
        salt = f"insert {next(self._inserts)}"
        given = {"salt": f"'{salt}'", "start": start, "every": every, "random": f"cityHash64(number, '{salt}')"}
        texts = {name: text.format(**given) for name, text in {"project": f"'{self.project}'", **columns}.items()}
        chosen = ", ".join(f"{text} AS {name}" for name, text in texts.items())
        self._client.command(f"INSERT INTO {table} ({', '.join(texts)}) SELECT {chosen} FROM numbers({number})")


def _token() -> str:
    return f"alert-traffic-{next(_tokens)}"
