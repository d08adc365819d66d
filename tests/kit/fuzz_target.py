"""What a fuzz target is: a function that takes bytes, and what helps to find bytes that are worth trying."""

import importlib.util
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FUZZ = Path(__file__).parents[1] / "fuzz"

Mutate = Callable[[bytes, random.Random], bytes]
"""An input, changed a little."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that reads what strangers send.

    Attributes:
        check: called with each input; a result or a declared error is fine, whatever it raises is a finding.
        mutate: changes an input in ways that keep its form; some inputs are changed blindly all the same.
        longest: most bytes of an input.
    """

    check: Callable[[bytes], None]
    mutate: Mutate
    longest: int = 2048


def names() -> list[str]:
    """All targets: one file each in ``tests/fuzz/targets``."""
    return sorted(path.stem for path in (FUZZ / "targets").glob("*.py"))


def load(name: str) -> Target:
    """The target of this name."""
    path = FUZZ / "targets" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"fuzz_target_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    target: Target = module.TARGET
    return target


def corpus(name: str) -> list[bytes]:
    """The saved inputs of a target."""
    return [path.read_bytes() for path in sorted((FUZZ / "corpus" / name).iterdir())]
