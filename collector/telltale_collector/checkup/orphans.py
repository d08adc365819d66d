"""Spans whose parent never came."""

from __future__ import annotations

from telltale_collector.checkup import Fault, Row

_OTHER_PROVIDER = (
    "provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))"
    "  # the parents are of another TracerProvider in {service}: export it here too"
)
_REMOTE = (
    "export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
    "  # in the services that call {service}: their spans are sampled away or sent elsewhere"
)
_LOST = (
    "export OTEL_BSP_MAX_QUEUE_SIZE=8192  # {service} loses spans before it exports them; also call provider.shutdown()"
    " (telltale.flush()) before the process ends"
)


def _mend(group: Row) -> str:
    if group["is_remote"]:
        line = _REMOTE
    elif group["scope"] == "telltale":
        line = _OTHER_PROVIDER
    else:
        line = _LOST
    return line.format(service=group["service"] or "the application")


FAULT = Fault(
    name="orphans",
    title="Spans whose parent never came",
    severity="warning",
    of="spans with a parent",
    query="checkup_orphans",
    why=(
        "These spans name a parent that is not in their trace, a minute after the last of it came. Their traces "
        "fall apart: no root, so no name, no duration and no status of the whole, and wrappers that repeat a call "
        "cannot be recognised."
    ),
    mend=_mend,
)
