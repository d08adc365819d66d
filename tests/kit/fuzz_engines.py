"""Two ways to find inputs, both in a process of their own that a finding ends with an error.

``lead_by_coverage`` (Atheris, libFuzzer) keeps what reaches new code; the instrumented code is several times slower.
``hammer`` changes what is known, the finds of the first included, as fast as the code runs.
"""

import faulthandler
import gc
import hashlib
import random
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import fuzz_target
from fuzz_target import Form, Rng, Target, pick

SLOWEST_S = 1.0
_HANG_S = 60
_ROUND = 1000
_CHANGES_OF_A_BASE = 50
_MOST_GROWN = 300
_WHOLE = 0.1
"""The share of bases that are saved inputs as they are, whatever their size."""


def lead_by_coverage(name: str, runs: int, seed: int, grown: Path, findings: Path) -> None:
    """Does not return: libFuzzer ends the process, with 0 when nothing was found."""
    import atheris

    with atheris.instrument_imports(include=["telltale_collector", "telltale"]):
        target = fuzz_target.load(name)
    donors = fuzz_target.corpus(name)

    def change(data: bytes, longest: int, given: int) -> bytes:
        if given % 4 == 0:
            return atheris.Mutate(data, longest)
        rng = random.Random(given).random
        return target.form(data, pick(donors, rng)).change(rng)[:longest]

    flags = [f"-runs={runs}", f"-seed={seed}", f"-max_len={target.longest}", f"-timeout={_HANG_S}"]
    flags += [f"-artifact_prefix={findings / name}-", "-rss_limit_mb=1024", "-verbosity=0"]
    folders = [str(grown), str(fuzz_target.FUZZ / "corpus" / name)]
    atheris.Setup([name, *flags, *folders], refusing_slow(target.check), custom_mutator=change)
    atheris.Fuzz()


def hammer(name: str, runs: int, seed: int, grown: Path, findings: Path) -> None:
    """Try ``runs`` inputs made of the known ones. Raises what the target raises; the input is kept in ``findings``."""
    target = fuzz_target.load(name)
    saved = fuzz_target.corpus(name) + [path.read_bytes() for path in sorted(grown.iterdir())]
    inputs = islice(made_up(target, saved, random.Random(seed).random), runs)
    gc.freeze()  # what is loaded stays: no need to look at it again and again
    try_inputs(target, name, inputs, findings)


def made_up(target: Target, saved: list[bytes], rng: Rng) -> Iterator[bytes]:
    """Inputs without end: changed saved ones, thinned saved ones, and changed changed ones."""
    small = [_thinned(target, data, rng) for data in saved for _ in range(2)]
    grown = list(small)
    while True:
        base = pick(saved if rng() < _WHOLE else pick((small, small, grown), rng), rng)
        form = target.form(base, pick(small, rng))
        data = base
        for _ in range(_CHANGES_OF_A_BASE):
            data = form.change(rng)[: target.longest]
            yield data
        if len(data) <= target.small:
            _keep(grown, data, rng)


def _keep(grown: list[bytes], data: bytes, rng: Rng) -> None:
    if len(grown) < _MOST_GROWN:
        grown.append(data)
    else:
        grown[int(rng() * len(grown))] = data


def _thinned(target: Target, data: bytes, rng: Rng) -> bytes:
    """The input with as many of its parts taken out as it needs to be small."""
    while len(data) > target.small:
        form: Form = target.form(data, b"")
        thinner = next((less for _ in range(20) if len(less := form.thin(rng)) < len(data)), data)
        if len(thinner) == len(data):
            return data
        data = thinner
    return data


def try_inputs(target: Target, name: str, inputs: Iterator[bytes], findings: Path) -> None:
    """One after the other. Raises what is a finding: anything the target raises, and slowness.

    A watchdog ends the process, with the stack, where one hangs inside C code.
    """
    check, data = refusing_slow(target.check), b""
    try:
        for number, data in enumerate(inputs):
            if number % _ROUND == 0:
                faulthandler.dump_traceback_later(_HANG_S, exit=True)
            check(data)
    except BaseException:
        kept = findings / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
        kept.write_bytes(data)
        print(f"the input is kept in {kept}", flush=True)
        raise
    finally:
        faulthandler.cancel_dump_traceback_later()


def refusing_slow(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The check, which also raises on an input that takes more than a second.

    What took that long is tried again, by the time of the processor: perhaps it was another process that had its turn.
    """
    clock = time.perf_counter

    def run(data: bytes) -> None:
        began = clock()
        check(data)
        if clock() - began < SLOWEST_S:
            return
        began = time.process_time()
        check(data)
        assert time.process_time() - began < SLOWEST_S, f"the input took longer than {SLOWEST_S} s"

    return run
