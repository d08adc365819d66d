"""Fuzz the readers of what strangers send.

    python tests/fuzz/run.py                                     # every target, 20,000 inputs each
    python tests/fuzz/run.py wal_reader --runs 10000000 --state .telltale/fuzz
    python tests/fuzz/run.py masking --input FILE                # one input again, as a finding names it

From the saved corpus, a part of the inputs (a twentieth, at most 50,000) is led by the code's coverage; the rest
changes what that has found, as fast as the code runs. An exception that is not declared, an input that takes longer
than a second, or a crash is a finding: its input is kept in ``--findings`` and the exit code is 1. Add it to
``corpus/<target>`` with the mend.

With ``--state`` a run that ended early goes on where it was, by portions of 250,000 inputs, with the seed it had.
Several may run at once, for different targets: of one that is under way elsewhere the end is awaited.
"""

import argparse
import fcntl
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit"))

import fuzz_engines
import fuzz_target

_MOST_LED = 50_000
_PORTION = 250_000
_ENGINES = {"coverage": fuzz_engines.lead_by_coverage, "hammer": fuzz_engines.hammer}


@dataclass(slots=True)
class Progress:
    """What a target has behind it: inputs led by coverage and changed ones; and how long that took."""

    seed: int
    led: int = 0
    changed: int = 0
    seconds: float = 0.0

    @property
    def tried(self) -> int:
        return self.led + self.changed


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    options.findings.mkdir(parents=True, exist_ok=True)
    if options.engine:
        _ENGINES[options.engine](options.targets[0], options.runs, options.seed, options.grown, options.findings)
        return 0
    if options.input:
        (name,) = options.targets
        fuzz_engines.try_inputs(fuzz_target.load(name), name, iter([options.input.read_bytes()]), options.findings)
        return 0
    options.seed = options.seed or random.SystemRandom().randrange(1, 2**31)
    print(f"TELLTALE_SEED={options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        options.state = options.state or Path(folder)
        failed = [name for name in options.targets or fuzz_target.names() if not _holds(name, options)]
    print(f"findings in: {', '.join(failed)}" if failed else "no findings")
    return 1 if failed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="fuzz the readers of what strangers send")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them if none is named")
    parser.add_argument("--runs", type=int, default=20_000, help="inputs per target, those of earlier runs included")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TELLTALE_SEED") or 0))
    parser.add_argument("--state", type=Path, help="folder that remembers how far each target is")
    parser.add_argument("--input", type=Path, help="try this one input and stop")
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir()) / "telltale-findings")
    parser.add_argument("--engine", choices=_ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--grown", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _holds(name: str, options: argparse.Namespace) -> bool:
    """Bring one target to as many inputs as were asked for; whether nothing was found."""
    folder = options.state / name
    (folder / "grown").mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        progress = _read(folder, options.seed)
        before = progress.tried
        while progress.tried < options.runs:
            if not _portion(name, folder, progress, options):
                return False
            (folder / "new").write_text(json.dumps(asdict(progress)))
            (folder / "new").rename(folder / "progress")
    reached = len(list((folder / "grown").iterdir()))
    rate = progress.tried / max(progress.seconds, 0.001)
    earlier = f" ({before} of them in earlier runs)" if before else ""
    print(f"{name}: {progress.tried} inputs{earlier}, {reached} reached new code, {rate:.0f}/s, held", flush=True)
    return True


def _read(folder: Path, seed: int) -> Progress:
    path = folder / "progress"
    return Progress(**json.loads(path.read_text())) if path.exists() else Progress(seed)


def _portion(name: str, folder: Path, progress: Progress, options: argparse.Namespace) -> bool:
    """The next inputs, in a process of their own; whether nothing was found."""
    to_lead = min(options.runs // 20, _MOST_LED) if find_spec("atheris") else 0  # it has no wheels for some platforms
    engine = "hammer" if progress.led or not to_lead else "coverage"
    runs = min(_PORTION, options.runs - progress.tried) if engine == "hammer" else to_lead
    command = [sys.executable, __file__, name, "--engine", engine, "--runs", str(runs)]
    command += ["--seed", str(progress.seed + progress.changed), "--grown", str(folder / "grown")]
    command += ["--findings", str(options.findings)]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    progress.seconds += time.monotonic() - begun
    if done.returncode:
        print(f"{name}: FINDING ({engine})\n{done.stdout[-4000:]}{done.stderr[-4000:]}", flush=True)
        return False
    if engine == "hammer":
        progress.changed += runs
    else:
        progress.led += runs
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
