"""What is measured. A scenario is one line here: ``run.py --only NAME`` runs it, BENCHMARKS.md has it in this order."""

from dataclasses import dataclass

SENDERS = 2
FULL_SECONDS = 60


@dataclass(frozen=True)
class Load:
    """Traffic for a collector of its own.

    Attributes:
        batch: spans a request.
        most_per_s: more than the collector acknowledges; says how many spans are built before the clock starts, since
            no body is sent twice.
        rate: spans per second offered by all senders; 0: each sends its next request when it has the last answer.
    """

    title: str
    batch: int
    most_per_s: int
    rate: int = 0

    def bodies(self, seconds: int) -> int:
        """Spans to build."""
        return seconds * self.most_per_s


LOADS = {
    "batches_of_100": Load("Batches of 100 spans, as fast as the collector answers", batch=100, most_per_s=15_000),
    "batches_of_500": Load("Batches of 500 spans, as fast as the collector answers", batch=500, most_per_s=15_000),
    "offered_12000": Load("12,000 spans/s offered, batches of 100", batch=100, most_per_s=12_000, rate=12_000),
}

GENERATOR = "generator"
"""The scenario that measures the load generator itself."""

ALERT_RULES = "alert_rules"
"""The scenario that evaluates the alert rules over what is stored already."""

NAMES = (*LOADS, GENERATOR, ALERT_RULES)
