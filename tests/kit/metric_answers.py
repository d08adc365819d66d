"""What a store answers about metrics of yesterday, and the instrument that most tests ask for."""

import time

from embedded_store import Store

from telltale_collector.model import Instrument, MetricQuery, MetricStep
from telltale_collector.store.metrics import find_instrument, measure

NOON = int(time.time()) // 3600 * 3600 - 86_400
"""Seconds: the start of an hour of yesterday."""

LONG = NOON + 7200
NAME = "gen_ai.client.operation.duration"
BOUNDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]


def ns(seconds: float) -> int:
    return int(seconds * 1e9)


def instrument(store: Store, name: str = NAME, **told: str) -> Instrument:
    return find_instrument(store.reader, store.project, {"name": name, **told}, 0, 2**63 - 1)


def steps(store: Store, name: str = NAME, begin: float = NOON, end: float = LONG, **asked: object) -> list[MetricStep]:
    query = MetricQuery(from_time=ns(begin), to_time=ns(end), **asked)
    return measure(store.reader, store.project, instrument(store, name), query)
