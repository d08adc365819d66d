"""What a fuzz target is: a function that takes bytes, and what helps to find bytes that are worth trying."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

FUZZ = Path(__file__).parents[1] / "fuzz"

Rng = Callable[[], float]
"""``random`` of a seeded generator: numbers from 0 to below 1. Its other methods are ten times slower."""

T = TypeVar("T")


class Form(Protocol):
    """A base, taken apart."""

    def change(self, rng: Rng) -> bytes:
        """The base with one change."""
        ...

    def thin(self, rng: Rng) -> bytes:
        """The base without one of its parts."""
        ...


def pick(options: Sequence[T], rng: Rng) -> T:
    return options[int(rng() * len(options))]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that reads what strangers send.

    Attributes:
        check: called with each input; a result or a declared error is fine, whatever it raises is a finding.
        form: takes a base apart, and a donor for parts to put into it (``mutators``).
        longest: most bytes of an input.
        small: bytes that most bases have at most; larger ones are thinned out.
    """

    check: Callable[[bytes], None]
    form: Callable[[bytes, bytes], Form]
    longest: int = 2048
    small: int = 300


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
