"""What README's table of instruments is made of."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from telltale import instruments

FOLDER = Path(instruments.__file__).parent


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def test_the_list_of_instruments_is_the_folder() -> None:
    assert list(instruments.discover()) == sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


@pytest.mark.parametrize("name", instruments.discover())
def test_the_versions_tested_name_the_installed_one_last(name: str) -> None:
    known = instruments.discover()[name]
    assert known.tested[-1] == version(known.distribution)
    assert list(known.tested) == sorted(known.tested, key=_numbers)


@pytest.mark.parametrize("name", instruments.discover())
def test_an_instrument_says_what_it_traces_in_a_phrase(name: str) -> None:
    known = instruments.discover()[name]
    assert known.name == name
    assert known.traces
    assert not known.traces.endswith(".")
