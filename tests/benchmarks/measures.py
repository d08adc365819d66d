"""The figures of a load, in the order of BENCHMARKS.md: how each is called, its unit, what it has to reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ALL = "*"
"""In targets: every load."""


@dataclass(frozen=True)
class Target:
    """A bound that holds: ``at_least`` or at most ``bound``."""

    bound: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True)
class Measure:
    """One figure. ``targets``: by the load's name, or ALL."""

    key: str
    label: str
    unit: str = ""
    digits: int = 0
    targets: Mapping[str, Target] = field(default_factory=dict)

    def target(self, load: str) -> Target | None:
        return self.targets.get(load, self.targets.get(ALL))


def _at_least(bound: float) -> Target:
    return Target(bound, at_least=True)


MEASURES = (
    Measure(
        "acknowledged_per_s",
        "acknowledged",
        "spans/s",
        targets={ALL: _at_least(12_000), "offered_12000": _at_least(11_900)},
    ),
    Measure(
        "queryable_per_s",
        "queryable",
        "spans/s",
        targets={ALL: _at_least(12_000), "offered_12000": _at_least(11_500)},
    ),
    Measure("ratio_to_bare", "queryable / the bare engine", digits=2, targets={ALL: _at_least(0.4)}),
    Measure("bare_rows_per_s", "the bare engine", "rows/s"),
    Measure("lost_spans", "acknowledged and not queryable", "spans", targets={ALL: Target(0)}),
    Measure("refused_spans", "rejected, or never acknowledged", "spans", targets={ALL: Target(0)}),
    Measure("request_p50_ms", "request p50", "ms", 1),
    Measure("request_p99_ms", "request p99", "ms", 1, targets={"offered_12000": Target(100)}),
    Measure("retries", "requests the collector told to come again"),
    Measure("visible_p50_s", "lag under load, p50", "s", 2),
    Measure("visible_p99_s", "lag under load, p99", "s", 2, targets={"offered_12000": Target(2)}),
    Measure("visible_max_s", "lag under load, longest", "s", 2),
    Measure("probes", "spans followed for the lag"),
    Measure("probes_unseen", "of these never seen", targets={ALL: Target(0)}),
    Measure("end_lag_s", "lag at the end", "s", 2, targets={"offered_12000": Target(2)}),
    Measure("peak_rss_mb", "collector's memory, peak RSS", "MB", targets={ALL: Target(1300)}),
    Measure("idle_rss_mb", "collector's memory before, RSS", "MB"),
    Measure("server_cpu_us", "collector's CPU until all is queryable", "μs/span", 1),
    Measure("server_cores", "collector's CPU / time until all is queryable", "cores", 2),
    Measure("bare_cpu_us", "the bare engine's CPU", "μs/row", 1),
    Measure("client_cpu_us", "load generator's CPU", "μs/span", 1),
    Measure("wire_bytes", "request body", "B/span"),
    Measure("store_bytes", "live parts of the store, with indices", "B/span"),
    Measure("disk_bytes", "data folder after the stop", "B/span"),
    Measure("acknowledged_spans", "spans acknowledged"),
    Measure("send_s", "time of sending", "s", 1),
)
"""A figure that could not be measured meets no target."""
