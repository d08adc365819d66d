"""A rule that is evaluated every ten seconds, and calls that make it fire."""

import time
from pathlib import Path

import otlp
from collector_process import CollectorProcess

RULES = """
groups:
  - name: checkout
    title: Checkout
    interval: 10s
    rules:
      - uid: checkout-fails
        title: The checkout's calls fail
        severity: page
        unit: short
        description: Calls of the checkout failed. Look at their errors first.
        sql: |
          SELECT ifNull(toString(service), 'none') AS service, toFloat64(countIf(status = 'error')) AS failed
          FROM spans FINAL
          WHERE project = {project:String}
            AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
            AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
          GROUP BY service
        window: WINDOW
        threshold: 2
        checks: ["Are they all of one model?"]
"""


def written(path: Path, window: str = "1h") -> Path:
    """The rule as a file."""
    path.write_text(RULES.replace("WINDOW", window))
    return path


def fail(collector: CollectorProcess, count: int = 3, service: str = "checkout") -> None:
    """Calls of a service that failed now."""
    now = time.time_ns()
    spans = [otlp.llm_span(start=now + n, end=now + n + 1_000_000, status=(2, "no")) for n in range(count)]
    assert collector.send(otlp.traces_body(*spans, resource={"service.name": service})).status_code == 200
