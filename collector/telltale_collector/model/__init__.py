"""The shapes that travel between hops. Unknown is ``None``, never 0 or "".

Times are integer nanoseconds since the Unix epoch (UTC); money is ``Decimal`` US dollars.
A span's column, dataclass field, JSON key and template variable have one name.
"""

from telltale_collector.model.alert import Alert, AlertMessage, AlertState, AlertStatus
from telltale_collector.model.answers import (
    Facets,
    Score,
    SetAside,
    Stats,
    Trace,
    TraceFilter,
    TracePage,
    TraceSummary,
)
from telltale_collector.model.budget import Amounts, Budget, BudgetAction, BudgetFilter, BudgetStatus, Window
from telltale_collector.model.call import (
    Call,
    Document,
    Message,
)
from telltale_collector.model.ledger import LedgerHour, Outcome, Tally, hour_of
from telltale_collector.model.metric import (
    Exemplar,
    ExponentialBuckets,
    Instrument,
    MetricPoint,
    MetricQuery,
    MetricStep,
    MetricType,
    SeenExemplar,
    Temporality,
)
from telltale_collector.model.otlp import (
    DeadLetter,
    LogEvent,
    RawSpan,
    SpanEvent,
    SpanLink,
)
from telltale_collector.model.primitives import (
    CALL_KINDS,
    DEFAULT_PROJECT,
    Attributes,
    AttributeValue,
    CostSource,
    FinishReason,
    Json,
    Kind,
    Status,
    TimeNs,
    TokensSource,
    Verdict,
)
from telltale_collector.model.span import Settled, Span, SpanOutline

__all__ = [
    "CALL_KINDS",
    "DEFAULT_PROJECT",
    "Alert",
    "AlertMessage",
    "AlertState",
    "AlertStatus",
    "Amounts",
    "AttributeValue",
    "Attributes",
    "Budget",
    "BudgetAction",
    "BudgetFilter",
    "BudgetStatus",
    "Call",
    "CostSource",
    "DeadLetter",
    "Document",
    "Exemplar",
    "ExponentialBuckets",
    "Facets",
    "FinishReason",
    "Instrument",
    "Json",
    "Kind",
    "LedgerHour",
    "LogEvent",
    "Message",
    "MetricPoint",
    "MetricQuery",
    "MetricStep",
    "MetricType",
    "Outcome",
    "RawSpan",
    "Score",
    "SeenExemplar",
    "SetAside",
    "Settled",
    "Span",
    "SpanEvent",
    "SpanLink",
    "SpanOutline",
    "Stats",
    "Status",
    "Tally",
    "Temporality",
    "TimeNs",
    "TokensSource",
    "Trace",
    "TraceFilter",
    "TracePage",
    "TraceSummary",
    "Verdict",
    "Window",
    "hour_of",
]
