"""Settles and writes as the collector does, on an engine inside the tests' process."""

import itertools
import time

import otlp

from telltale_collector.decode import Media, check_logs, check_traces
from telltale_collector.enrich import PriceTable
from telltale_collector.model import TraceFilter
from telltale_collector.pipeline.settle import Settler
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader
from telltale_collector.store.rolled import RolledHours
from telltale_collector.store.writer import Writer
from telltale_collector.wal import Record, Signal

PRICES = PriceTable()
_tokens = itertools.count()


class Store:
    """One project of a store."""

    def __init__(self, client: Client, project: str) -> None:
        self.project = project
        self.reader = Reader(client)
        self.rolled = RolledHours(client)
        self.writer = Writer(client, self.rolled)
        self.settler = Settler(self.reader, PRICES)

    def add(self, *spans: dict, token: str | None = None, **options: object) -> None:
        payload = check_traces(otlp.traces_body(*spans, **options), Media.PROTOBUF).payload
        self._settle(Record(time.time_ns(), Signal.TRACES, len(spans), self.project, payload), token)

    def add_logs(self, *records: dict) -> None:
        payload = check_logs(otlp.logs_body(*records), Media.PROTOBUF).payload
        self._settle(Record(time.time_ns(), Signal.LOGS, len(records), self.project, payload), None)

    def add_bodies(self, *bodies: tuple[Signal, bytes]) -> None:
        """One batch of whole requests."""
        records = []
        for signal, body in bodies:
            checked = (check_traces if signal is Signal.TRACES else check_logs)(body, Media.PROTOBUF)
            records.append(Record(time.time_ns(), signal, checked.accepted, self.project, checked.payload))
        self._settle_all(records, None)

    def _settle(self, record: Record, token: str | None) -> None:
        self._settle_all([record], token)

    def _settle_all(self, records: list[Record], token: str | None) -> None:
        self.writer.write(self.settler.settle(records), token or f"{self.project}-{next(_tokens)}")

    def traces(self, limit: int = 50, cursor: str | None = None, **where: object):
        return self.reader.traces(self.project, TraceFilter(**where), limit=limit, cursor=cursor)
