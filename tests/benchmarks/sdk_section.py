"""The part of BENCHMARKS.md about what the SDK adds to a call."""

from typing import Any

from peers import PEERS

NAME = "sdk_overhead"

_INTRODUCTION = """\
## SDK overhead

What an SDK adds to one chat completion of the `openai` client, with its defaults and content captured, sending to a
server on loopback. The model is a stand-in inside the process that answers at once: some 1.5 KB of prompt, 0.8 KB of
answer, streamed in 50 pieces. Each row has two processes from one environment, with the SDK and without, that take
turns of five calls; a figure is the difference between them.

- **added to a call**: at the 20 % quantile of single calls (noise of the machine only adds), with the rounds' extremes.
- **caller's CPU**: of the thread that makes the call; **all CPU**: of the process, exporting included.
- **start**: importing and setting up; **memory**: added at the end of all calls.
- **spans**: that arrived, a call. Opik and others that send a format of their own show 0.
"""

_HEAD = (
    "| SDK | added to a call | to a streamed one | caller's CPU | streamed | all CPU | streamed | start | memory "
    "| packages | spans |"
)


def section(result: dict[str, Any]) -> str:
    """The section's text; empty without a result."""
    if not result:
        return ""
    lines = [_INTRODUCTION, _origin(result), "", _HEAD, "|---" * 11 + "|"]
    lines += [_row(name, row) for name, row in result["rows"].items()]
    return "\n".join(lines) + "\n"


def _origin(result: dict[str, Any]) -> str:
    machine = result["machine"]
    known = {library: version for row in result["rows"].values() for library, version in row["versions"].items()}
    calls = f"{result['rounds']} rounds of {result['calls']:,} calls and {result['streams']:,} streams"
    return (
        f"`make bench-sdk` ({calls}) on {result['date']}, commit {result['commit']}; "
        f"{machine['cores']} cores ({machine['cpu']}), "
        f"{machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}; "
        f"{', '.join(f'{library} {version}' for library, version in sorted(known.items()))}."
    )


def _row(name: str, row: dict[str, Any]) -> str:
    cells = [PEERS[name].title]
    for kind in ("plain", "stream"):
        least, most = row[f"{kind}_p20_range_us"]
        cells.append(f"{row[f'{kind}_added_p20_us']:,.0f} μs ({least:,.0f} to {most:,.0f})")
    keys = [f"{kind}_added_{what}_us" for what in ("caller_cpu", "cpu") for kind in ("plain", "stream")]
    cells += [f"{row[key]:,.0f} μs" for key in keys]
    cells += [f"{row['init_ms']:,.0f} ms", f"{row['rss_added_mb']:,.1f} MB", f"{row['deps_added']:.0f}"]
    return f"| {' | '.join(cells)} | {row['spans_per_call']:g} |"
