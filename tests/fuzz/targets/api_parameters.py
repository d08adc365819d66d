"""The parameters of the API's lists: filters, times, limits, cursors and names are read, or refused as a bad request.

An input is a query string. What comes of it has to fit the types that the SQL gives its parameters.
"""

from typing import Any

from fuzz_target import Rng, Target, pick
from mutators import BytesForm
from starlette.requests import Request

from telltale_collector.api import asked, spans
from telltale_collector.api import metrics as api_metrics
from telltale_collector.errors import BadRequest
from telltale_collector.store import usage
from telltale_collector.store.cursors import END_OF_TIME, read_cursor
from telltale_collector.store.filters import Conditions, span_conditions, trace_conditions
from telltale_collector.web.query import read_query

_LONGEST_NUMBER = 64


def check(data: bytes) -> None:
    request = Request({"type": "http", "headers": [], "query_string": data})
    params = request.query_params
    for read in (_filter, _limit, _cursor, _names):
        try:
            read(request)
        except BadRequest:
            continue
    query = read_query(params)
    assert all(chip.url_without.startswith("/") for chip in query.chips())
    query.url()


def _filter(request: Request) -> None:
    where = asked.asked_filter(request)
    for time in (where.from_time, where.to_time):
        assert time is None or 0 <= time <= END_OF_TIME
    _fit(span_conditions(where))
    _fit(trace_conditions(where))


def _fit(conditions: Conditions) -> None:
    text = " ".join([*conditions.on_spans, *conditions.on_traces])
    assert all(f"{{{name}:" in text for name in conditions.parameters)
    given: dict[str, Any] = conditions.parameters
    assert 0 <= given.get("min_duration_ns", 0) <= END_OF_TIME
    assert len(given.get("min_cost_usd", "")) <= _LONGEST_NUMBER


def _limit(request: Request) -> None:
    assert 1 <= asked.asked_limit(request, 50, 1000) <= 1000


def _cursor(request: Request) -> None:
    cursor = asked.asked_cursor(request)
    for ids in (1, 2):
        time, names = read_cursor(cursor, ids)
        assert 0 <= time <= END_OF_TIME
        assert len(names) == ids


def _names(request: Request) -> None:
    params = request.query_params
    assert spans._asked_fields(params.get("fields", ""))
    api_metrics._query(params)
    if interval := params.get("interval"):
        usage._bucket(interval)


_KEYS = """
    from to q session_id user_id model service environment kind name status guard_verdict trace_id
    prompt_name prompt_version has min_call_ms min_ttft_ms min_cost_usd min_duration_ms
    limit cursor fields group_by interval step
""".split()
_VALUES = """
    call failed_call dislike
    now now-1h now-9999999w 2026-01-31T12:00:00Z 9999-12-31T23:59:59.999999999Z 0001-01-01 1e11 1e-400 -0 0 1 NaN inf
    1000 1001 WzEsImEiXQ WzEsImEiLCJiIl0 %00 %ff %F0%9F%98%80 + %2B01:00 span_id,name 15m 99999w 0s
""".split()


class Parameters:
    """A value is replaced, taken from the donor, put in, taken out or changed in itself."""

    def __init__(self, data: bytes, donor: bytes) -> None:
        self._parts = data.split(b"&")
        self._given = donor.split(b"&")

    def change(self, rng: Rng) -> bytes:
        parts = self._parts.copy()
        at = int(rng() * len(parts))
        change = int(rng() * 5)
        if change == 0:
            parts[at] = f"{pick(_KEYS, rng)}={pick(_VALUES, rng)}".encode()
        elif change == 1:
            parts.insert(at, pick(self._given, rng))
        elif change == 2:
            parts[at] = parts[at].partition(b"=")[0] + b"=" + pick(_VALUES, rng).encode()
        else:
            name, _, value = parts[at].partition(b"=")
            parts[at] = name + b"=" + BytesForm(value, b"").change(rng)
        return b"&".join(parts)

    def thin(self, rng: Rng) -> bytes:
        at = int(rng() * len(self._parts))
        return b"&".join(self._parts[:at] + self._parts[at + 1 :])


TARGET = Target(check, Parameters, longest=512)
