"""Run groups of reliability tests at full length, one after the other, and keep what came out.

    python tests/reliability/run.py            every group that has no result yet
    python tests/reliability/run.py A1 B3      these, again

Each group's result is ``results/<group>.json``; ``report.py`` makes RELIABILITY.md of them.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from groups import GROUPS, Group

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
sys.path.insert(0, str(ROOT / "tests" / "kit"))


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(GROUPS))
    if unknown:
        print(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    chosen = names or [name for name in GROUPS if not (RESULTS / f"{name}.json").exists()]
    failed = [name for name in chosen if not _run(name, GROUPS[name])]
    print(f"ran {', '.join(chosen) or 'nothing: every group has a result'}; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def _run(name: str, group: Group) -> bool:
    """Whether every test of the group passed and every figure was reached; the result is kept either way."""
    print(f"=== {name}: {group.what}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = _outcome(Path(folder), group)
    seconds = round(time.monotonic() - began)
    result = {
        "group": name,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": f"make reliability GROUP={name}",
        "settings": group.full,
        "seconds": seconds,
    } | result
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    reached = not result["failures"] and all(figure["reached"] for figure in result["figures"])
    print(f"=== {name}: {'reached' if reached else 'NOT reached'} in {seconds} s", flush=True)
    return reached


def _outcome(folder: Path, group: Group) -> dict:
    from figures import VARIABLE, read_figures

    figures, junit = folder / "figures.jsonl", folder / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-s", "--timeout=0", f"--junitxml={junit}", *group.tests]
    given = os.environ | group.full | {VARIABLE: str(figures), "PYTHONUNBUFFERED": "1"}
    code = subprocess.run(command, cwd=ROOT, env=given, check=False).returncode
    failures = _failures(junit)
    if code and not failures:
        failures = [f"pytest ended with exit code {code}"]
    return {"figures": read_figures(figures), "failures": failures}


def _failures(junit: Path) -> list[str]:
    """The tests that did not pass, each with the first line of the reason."""
    if not junit.exists():
        return []
    failures = []
    for case in ET.parse(junit).iter("testcase"):
        for kind in ("failure", "error", "skipped"):
            failures += [f"{case.get('name')}: {_first_line(found)}" for found in case.findall(kind)]
    return failures


def _first_line(found: ET.Element) -> str:
    return (found.get("message") or found.tag).splitlines()[0][:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
