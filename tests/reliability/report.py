"""Make RELIABILITY.md of the saved results: ``python tests/reliability/report.py`` writes it, ``--check`` compares."""

import json
import sys
from pathlib import Path
from typing import Any

from groups import GROUPS, Group

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
DOCUMENT = ROOT / "RELIABILITY.md"

_INTRODUCTION = """\
# Reliability: what was done to Telltale, and what came of it

Made of the results in `tests/reliability/results` by `make reliability-report`; do not edit. Each group can be run
again with its command, and the same tests run as a shorter seeded sample in every `make test`. A figure that was not
reached, and a test that failed, stand here like the others. `tests/reliability/README.md` says how the judging works.
"""


def render() -> str:
    """The document's text."""
    parts = [_INTRODUCTION, _summary()]
    parts += [_section(name, group, result) for name, group in GROUPS.items() if (result := _result(name))]
    missing = [name for name in GROUPS if _result(name) is None]
    if missing:
        parts.append(f"Not run at full length yet: {', '.join(missing)}.\n")
    return "\n".join(parts)


def _result(name: str) -> dict[str, Any] | None:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _summary() -> str:
    rows = ["| group | what was done | figures | date |", "|---|---|---|---|"]
    for name, group in GROUPS.items():
        if result := _result(name):
            rows.append(f"| [{name}](#{name.lower()}) | {_cell(group.what)} | {_verdict(result)} | {result['date']} |")
    return "\n".join(rows) + "\n"


def _verdict(result: dict[str, Any]) -> str:
    wanted = [figure for figure in result["figures"] if figure["target"]]
    reached = sum(figure["reached"] for figure in wanted)
    failed = f", {len(result['failures'])} failed" if result["failures"] else ""
    return f"{reached} of {len(wanted)} reached{failed}"


def _section(name: str, group: Group, result: dict[str, Any]) -> str:
    settings = " ".join(f"{key}={value}" for key, value in result["settings"].items())
    lines = [f"## {name}", "", f"{_sentence(group.what)}", ""]
    lines += [
        f"`{result['command']}` on {result['date']}, {result['seconds']} s{settings and f', with `{settings}`'}.",
        "",
    ]
    lines += ["| figure | to reach | reached | |", "|---|---|---|---|"]
    lines += [_row(figure) for figure in result["figures"]]
    lines += [""] + [f"- failed: {_cell(failure)}" for failure in result["failures"]]
    return "\n".join(lines).rstrip() + "\n"


def _row(figure: dict[str, Any]) -> str:
    unit = figure["unit"] and f" {figure['unit']}"
    target = f"{figure['target']}{unit}" if figure["target"] else ""
    verdict = ("yes" if figure["reached"] else "**no**") if figure["target"] else ""
    return f"| {_cell(figure['name'])} | {_cell(target)} | {_cell(figure['value'])}{unit} | {verdict} |"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def main(options: list[str]) -> int:
    text = render()
    if options == ["--check"]:
        current = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
        if current != text:
            print(f"{DOCUMENT.name} is not what the saved results say: run `make reliability-report`", file=sys.stderr)
            return 1
        return 0
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
