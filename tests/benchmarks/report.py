"""Make BENCHMARKS.md of the results: ``python tests/benchmarks/report.py`` writes it, ``--check`` compares."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from alert_rules_section import section as alert_rules_section
from measures import MEASURES, Measure, Target
from scenarios import ALERT_RULES, FULL_SECONDS, GENERATOR, LOADS, Load
from sdk_section import NAME, section

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
DOCUMENT = ROOT / "BENCHMARKS.md"

Result = dict[str, Any]

_INTRODUCTION = """\
# Benchmarks: how much one collector takes, and what it costs

Made of the results in `tests/benchmarks/results` by `make docs`; do not edit. `make bench` measures the collector anew,
`make bench-sdk` what the SDK adds to a call, [at the end](#sdk-overhead).

The collector (`telltale up`, embedded engine, default settings, empty data folder), the load generator and what watches
both share one machine. Two senders post OTLP protobuf over kept connections: traces of five spans (an agent, a
retriever, two guards, a chat call of some 1.5 KB prompt and 0.8 KB answer). All bodies are built before the clock
starts, none is sent twice.

- **acknowledged**: answered 200, which is to say durable on disk; spans / time of sending.
- **queryable**: spans / time from the first byte sent until the API counts every acknowledged span.
- **lag under load**: one marked span a second, from its acknowledgement until the API gives it back, to 0.2 s or 5 %;
  **lag at the end**: from the last acknowledgement until the API counts every span.
- **data folder**: with the write-ahead log and parts that were merged away, which ClickHouse removes after minutes.

Afterwards rows that were stored (the first 600,000) go as they are into an empty table of the same schema, in an engine
of their own: one writer, inserts of 10,000 rows, nothing else to do on the machine, the best of three. That is the bare
engine, which the collector's rate is compared with.

A target that was missed says **missed**. Figures of one run are comparable; those of two machines are not.
"""


def render(folder: Path) -> str:
    """The document's text, from the results in ``folder``."""
    results = {name: _read(folder / f"{name}.json") for name in (*LOADS, GENERATOR, ALERT_RULES, NAME)}
    loads = {name: result for name in LOADS if (result := results[name])}
    parts = [_INTRODUCTION]
    if loads:
        parts.append(_summary(loads))
    parts += [_load_section(name, LOADS[name], result) for name, result in loads.items()]
    if generator := results[GENERATOR]:
        parts.append(_generator_section(generator))
    if rules := results[ALERT_RULES]:
        parts.append(alert_rules_section(rules, _origin(ALERT_RULES, rules | {"seconds": FULL_SECONDS})))
    if overhead := section(results[NAME]):
        parts.append(overhead)
    if missing := [name for name, result in results.items() if not result]:
        parts.append(f"Not measured yet: {', '.join(missing)}.\n")
    return "\n".join(parts)


def write() -> None:
    DOCUMENT.write_text(render(RESULTS), encoding="utf-8")


def _read(path: Path) -> Result:
    result: Result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return result


def _summary(loads: dict[str, Result]) -> str:
    lines = ["| load | queryable | of the bare engine | lag under load, p99 | targets |", "|---|---|---|---|---|"]
    by_key = {measure.key: measure for measure in MEASURES}
    for name, result in loads.items():
        shown = [_shown(by_key[key], result) for key in ("queryable_per_s", "ratio_to_bare", "visible_p99_s")]
        lines.append(f"| [{name}](#{name}) | {' | '.join(shown)} | {_verdict(name, result)} |")
    return "\n".join(lines) + "\n"


def _verdict(name: str, result: Result) -> str:
    wanted = [(measure, target) for measure in MEASURES if (target := measure.target(name))]
    missed = [measure.label for measure, target in wanted if not _is_met(measure, target, result)]
    said = f"{len(wanted) - len(missed)} of {len(wanted)} met"
    return f"{said}; **missed**: {'; '.join(missed)}" if missed else said


def _load_section(name: str, load: Load, result: Result) -> str:
    lines = [f"## {name}", "", f"{load.title}, for {result['seconds']} s. {_remarks(load, result)}".rstrip(), ""]
    lines += [_origin(name, result), "", "| figure | value | target | |", "|---|---|---|---|"]
    lines += [_row(measure, name, result) for measure in MEASURES]
    return "\n".join(lines) + "\n"


def _remarks(load: Load, result: Result) -> str:
    said = []
    if result["seconds"] < FULL_SECONDS:
        said.append(f"**A short run**: the full one is {FULL_SECONDS} s.")
    sent_all = result["figures"]["acknowledged_spans"] >= result["figures"]["prepared_spans"]
    if sent_all and not load.rate:
        said.append("**All bodies were sent before the time was over.**")
    return " ".join(said)


def _origin(name: str, result: Result) -> str:
    machine = result["machine"]
    libraries = ", ".join(f"{library} {version}" for library, version in result["libraries"].items())
    seconds = "" if result["seconds"] == FULL_SECONDS else f" --seconds {result['seconds']}"
    return (
        f"`python tests/benchmarks/run.py --only {name}{seconds}` on {result['date']}, commit {result['commit']}; "
        f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, {machine['system']}, "
        f"Python {machine['python']}; {libraries}."
    )


def _row(measure: Measure, name: str, result: Result) -> str:
    target = measure.target(name)
    if target is None:
        return f"| {measure.label} | {_shown(measure, result)} | | |"
    bound = f"{'>=' if target.at_least else '<='} {target.bound:,g}"
    verdict = "met" if _is_met(measure, target, result) else "**missed**"
    return f"| {measure.label} | {_shown(measure, result)} | {bound} | {verdict} |"


def _is_met(measure: Measure, target: Target, result: Result) -> bool:
    """A figure that could not be measured meets nothing."""
    value = result["figures"].get(measure.key)
    return value is not None and target.is_met(value)


def _shown(measure: Measure, result: Result) -> str:
    value = result["figures"].get(measure.key)
    return "none" if value is None else f"{value:,.{measure.digits}f} {measure.unit}".rstrip()


def _generator_section(result: Result) -> str:
    figures = result["figures"]
    lines = [
        f"## {GENERATOR}",
        "",
        "The load generator against a server that only reads the bytes and answers 200: its own limit here.",
        "",
        _origin(GENERATOR, result | {"seconds": FULL_SECONDS}),
        "",
        "| batch | spans sent | spans/s | generator's CPU |",
        "|---|---|---|---|",
    ]
    for batch in (100, 500):
        spans, rate, cpu = (figures[f"{figure}_{batch}"] for figure in ("spans", "spans_per_s", "cpu_us"))
        lines.append(f"| {batch} | {spans:,} | {rate:,.0f} | {cpu:,.2f} μs/span |")
    return "\n".join(lines) + "\n"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with BENCHMARKS.md and write nothing")
    parser.add_argument("--print", type=Path, metavar="RESULTS", help="print the document of another folder of results")
    asked = parser.parse_args(argv)
    if asked.print:
        print(render(asked.print), end="")
    elif not asked.check:
        write()
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != render(RESULTS):
        print(f"{DOCUMENT.name} is not what the results say: run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
