"""A project with rules, and everything that an evaluator of them says."""

import time
from dataclasses import replace

import otlp
from embedded_store import Store

from telltale_collector.alerts.evaluator import Evaluator, Sources
from telltale_collector.alerts.message import Links
from telltale_collector.model import Alert, AlertMessage, Tally
from telltale_collector.store.alerts import Alerts
from telltale_collector.store.budgets import Budgets
from telltale_collector.store.client import Client
from telltale_collector.store.ledger import LedgerTable
from telltale_collector.telemetry import Telemetry
from telltale_dashboards.alerts.errors import error_cause
from telltale_dashboards.rule import Group, Rule, Shows

SECOND_NS = 1_000_000_000
NOW = time.time_ns()
WINDOW = (
    "project = {project:String} AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})"
    " AND start_time < fromUnixTimestamp64Nano({to_time:Int64})"
)
FAILED = Rule(
    uid="failed",
    title="Calls fail",
    severity="page",
    description="Calls fail. Look at their errors.",
    sql=f"SELECT ifNull(toString(service), '') AS service, toFloat64(countIf(status = 'error')) AS value"
    f" FROM spans FINAL WHERE {WINDOW} GROUP BY service",
    unit="short",
    window_s=300,
    threshold=2,
    shows=Shows("telltale-overview", "Failed calls by error"),
    cause=error_cause(300),
)
BROKEN = replace(FAILED, uid="broken", sql="SELECT nonsense")
SILENT = replace(FAILED, uid="quiet", threshold=1e9)


class Told:
    """A project with rules, and everything that an evaluator of them says."""

    def __init__(self, client: Client, project: str) -> None:
        self.client, self.project = client, project
        self.store = Store(client, project)
        LedgerTable(client, project).add([Tally(project, NOW, "traces", "received", "", 1)], 1, project)
        self.alerts = Alerts(client, self.store.reader)
        self.telemetry = Telemetry()
        self.wakes = 0

    def evaluator(self, *rules: Rule) -> Evaluator:
        sources = Sources(self.store.reader, self.alerts, Budgets(self.client, self.store.reader))
        groups = [Group(name="group", title="t", description="d", rules=rules)]
        evaluator = Evaluator(groups, sources, self.telemetry, Links("http://telltale"))
        evaluator.wake = self._woken
        return evaluator

    def _woken(self) -> None:
        self.wakes += 1

    def messages(self, evaluator: Evaluator) -> list[AlertMessage]:
        return [message for message in evaluator.messages() if message.project == self.project]

    def alerts_kept(self, evaluator: Evaluator) -> list[Alert]:
        return [kept.alert for kept in evaluator.book.kept() if kept.alert.project == self.project]

    def fail(self, count: int, start_ns: int, **attributes: str) -> list[str]:
        spans = [
            otlp.llm_span(start=start_ns + n, end=start_ns + n + 1000, status=(2, "no"), attributes=attributes)
            for n in range(count)
        ]
        self.store.add(*spans, resource={"service.name": "bot"})
        return [span["trace_id"] for span in spans]


def minute(number: int) -> int:
    return NOW + number * 60 * SECOND_NS
