"""Fuzz the readers of what strangers send.

    python tests/fuzz/run.py                          # every target, 20,000 inputs each
    python tests/fuzz/run.py wal_reader --runs 10000000
    python tests/fuzz/run.py masking --input FILE     # one input again, as a finding names it

From the saved corpus, a twentieth of the inputs (at most 300,000) is led by the code's coverage; the rest changes what
that has found, as fast as the code runs. An exception that is not declared, an input that takes longer than a second,
or a crash is a finding: its input is kept in ``--findings`` and the exit code is 1. Add it to ``corpus/<target>`` with
the mend.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit"))

import fuzz_engines
import fuzz_target

_MOST_LED = 300_000
_ENGINES = {"coverage": fuzz_engines.lead_by_coverage, "hammer": fuzz_engines.hammer}


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    options.findings.mkdir(parents=True, exist_ok=True)
    if options.engine:
        _ENGINES[options.engine](options.targets[0], options.runs, options.seed, options.grown, options.findings)
        return 0
    if options.input:
        (name,) = options.targets
        fuzz_engines.try_input(fuzz_target.load(name), name, options.input.read_bytes(), options.findings)
        return 0
    seed = options.seed or random.SystemRandom().randrange(1, 2**31)
    print(f"TELLTALE_SEED={seed}", flush=True)
    failed = [name for name in options.targets or fuzz_target.names() if not _holds(name, seed, options)]
    print(f"findings in: {', '.join(failed)}" if failed else "no findings")
    return 1 if failed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="fuzz the readers of what strangers send")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them if none is named")
    parser.add_argument("--runs", type=int, default=20_000, help="inputs per target")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TELLTALE_SEED") or 0))
    parser.add_argument("--input", type=Path, help="try this one input and stop")
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir()) / "telltale-findings")
    parser.add_argument("--engine", choices=_ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--grown", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _holds(name: str, seed: int, options: argparse.Namespace) -> bool:
    """Fuzz one target; whether nothing was found."""
    led = min(options.runs // 20, _MOST_LED) if find_spec("atheris") else 0  # it has no wheels for some platforms
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as grown:
        for engine, runs in (("coverage", led), ("hammer", options.runs - led)):
            command = [sys.executable, __file__, name, "--engine", engine, "--runs", str(runs), "--seed", str(seed)]
            command += ["--grown", grown, "--findings", str(options.findings)]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            if done.returncode:
                print(f"{name}: FINDING ({engine})\n{done.stdout[-4000:]}{done.stderr[-4000:]}", flush=True)
                return False
        reached = len(list(Path(grown).iterdir()))
    rate = options.runs / (time.monotonic() - begun)
    print(f"{name}: {options.runs} inputs, {reached} reached new code, {rate:.0f}/s, held", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
