"""Two ways to find inputs, both in a process of their own that a finding ends with an error.

``lead_by_coverage`` (Atheris, libFuzzer) keeps what reaches new code; the instrumented code is several times slower.
``hammer`` changes what is known, the finds of the first included, as fast as the code runs.
"""

import faulthandler
import random
import time
from pathlib import Path

import fuzz_target

SLOWEST_S = 1.0
_HANG_S = 30
_ROUND = 1000


def lead_by_coverage(name: str, runs: int, seed: int, grown: Path, findings: Path) -> None:
    """Does not return: libFuzzer ends the process, with 0 when nothing was found."""
    import atheris

    with atheris.instrument_imports(include=["telltale_collector", "telltale"]):
        target = fuzz_target.load(name)

    def change(data: bytes, longest: int, given: int) -> bytes:
        if given % 4 == 0:
            return atheris.Mutate(data, longest)
        return target.mutate(data, random.Random(given))[:longest]

    flags = [f"-runs={runs}", f"-seed={seed}", f"-max_len={target.longest}", f"-timeout={SLOWEST_S:.0f}"]
    flags += [f"-artifact_prefix={findings / name}-", "-rss_limit_mb=1024", "-verbosity=0"]
    folders = [str(grown), str(fuzz_target.FUZZ / "corpus" / name)]
    atheris.Setup([name, *flags, *folders], target.check, custom_mutator=change)
    atheris.Fuzz()


def hammer(name: str, runs: int, seed: int, grown: Path, findings: Path) -> None:
    """Try ``runs`` inputs made of the known ones. Raises what the target raises; the input is kept in ``findings``."""
    target = fuzz_target.load(name)
    pool = fuzz_target.corpus(name) + [path.read_bytes() for path in sorted(grown.iterdir())]
    chance = random.Random(seed)
    for number in range(runs):
        if number % _ROUND == 0:  # what hangs inside C code ends here, with the stack
            faulthandler.dump_traceback_later(_HANG_S, exit=True)
        data = chance.choice(pool)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            data = target.mutate(data, chance)
        try_input(target, name, data[: target.longest], findings)
    faulthandler.cancel_dump_traceback_later()


def try_input(target: fuzz_target.Target, name: str, data: bytes, findings: Path) -> None:
    """One input. Raises what is a finding: anything the target raises, and slowness."""
    begun = time.perf_counter()
    try:
        target.check(data)
        assert time.perf_counter() - begun < SLOWEST_S, f"the input took longer than {SLOWEST_S} s"
    except BaseException:
        kept = findings / f"{name}-{hash(data) & 0xFFFFFFFF:08x}"
        kept.write_bytes(data)
        print(f"the input is kept in {kept}", flush=True)
        raise
