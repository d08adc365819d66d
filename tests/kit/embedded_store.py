"""Settles and writes as the collector does, on an engine inside the tests' process."""

import itertools
import pickle
import time

import otlp

from telltale_collector.decode import Media, check_logs, check_traces
from telltale_collector.enrich import PriceTable
from telltale_collector.model import TraceFilter
from telltale_collector.pipeline.read import read_into_columns
from telltale_collector.pipeline.settle import Settler
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader
from telltale_collector.store.rolled import RolledHours
from telltale_collector.store.writer import Rows, Writer
from telltale_collector.wal import Record, Signal

PRICES = PriceTable()
_tokens = itertools.count()


class Store:
    """One project of a store.

    ``overlapped``: as in the collector, a batch is written only when the next one is settled; ``finish`` writes the
    last one.
    ``encoded``: as a collector under load does, spans are read into columns as another process would.
    """

    def __init__(self, client: Client, project: str, *, overlapped: bool = False, encoded: bool = False) -> None:
        self._overlapped = overlapped
        self._types = client.column_types("spans") if encoded else None
        self.encoded_batches = 0
        self._unwritten: list[tuple[Rows, str]] = []
        self.project = project
        self.reader = Reader(client)
        self.rolled = RolledHours(client)
        self.writer = Writer(client, self.rolled)
        self.settler = Settler(self.reader, PRICES, alone=overlapped)
        self.settler.view.load()

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
        rows = self._read_ahead(records) or self.settler.settle(records)
        self.settler.view.add(rows, records)
        self.finish()
        self._unwritten.append((rows, token or f"{self.project}-{next(_tokens)}"))
        if not self._overlapped:
            self.finish()

    def _read_ahead(self, records: list[Record]) -> Rows | None:
        if self._types is None or {record.signal for record in records} != {Signal.TRACES}:
            return None
        reading = pickle.loads(pickle.dumps(read_into_columns(records, PRICES, self._types)))
        rows = self.settler.take(reading) if reading is not None else None
        self.encoded_batches += rows is not None
        return rows

    def finish(self) -> None:
        while self._unwritten:
            rows, token = self._unwritten.pop()
            self.writer.write(rows, token)
            self.settler.view.stored(rows)

    def traces(self, limit: int = 50, cursor: str | None = None, **where: object):
        return self.reader.traces(self.project, TraceFilter(**where), limit=limit, cursor=cursor)
