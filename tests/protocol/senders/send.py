"""Spans from a library: python send.py LIBRARY ENDPOINT PAIRS. What was sent goes to stdout, as JSON.

Each ``with_<library>.py`` has ``begin(endpoint, recorder)``, which sets the library up as its users do, and
``pair(number)``, which makes two spans, one in the other, with the library's own means.
"""

import importlib.util
import json
import sys
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor


class Recorder(SpanProcessor):
    """What the library hands to its exporter."""

    def __init__(self) -> None:
        self.sent: list[dict] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.sent.append(
            {
                "trace_id": f"{span.context.trace_id:032x}",
                "span_id": f"{span.context.span_id:016x}",
                "parent_span_id": f"{span.parent.span_id:016x}" if span.parent else None,
                "name": span.name,
                "start_ns": str(span.start_time),
                "end_ns": str(span.end_time),
                "attributes": dict(span.attributes),
            }
        )


def main() -> None:
    library, endpoint, pairs = sys.argv[1:]
    path = Path(__file__).parent / f"with_{library}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    recorder = Recorder()
    module.begin(endpoint, recorder)
    for number in range(int(pairs)):
        module.pair(number)
    trace.get_tracer_provider().force_flush()
    trace.get_tracer_provider().shutdown()
    sys.stdout.write(f"\n{json.dumps(recorder.sent)}\n")


if __name__ == "__main__":
    main()
