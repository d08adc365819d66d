from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import telltale
from telltale._safely import safely, swallowed

SDK = Path(telltale.__file__).parent


@pytest.fixture(autouse=True)
def _forget() -> None:
    swallowed.clear()


def test_an_exception_is_swallowed_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        with safely("test this"):
            raise ValueError("no")
    assert swallowed["test this"] == 3
    assert [record.levelno for record in caplog.records if record.name == "telltale"] == [logging.WARNING]
    assert "telltale could not test this (ValueError: no)" in caplog.text


def test_a_decorated_function_gives_none_where_it_fails() -> None:
    @safely("divide")
    def divide(a: int, b: int) -> float | None:
        return a / b

    assert divide(1, 2) == 0.5
    assert divide(1, 0) is None


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_program_passes(kind: type[BaseException]) -> None:
    with pytest.raises(kind), safely("test this"):
        raise kind


def test_an_exception_without_usable_text_is_swallowed_too(caplog: pytest.LogCaptureFixture) -> None:
    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with safely("test this"):
        raise Rude
    assert "no usable text" in caplog.text


def test_no_other_module_swallows_everything() -> None:
    broad = re.compile(r"except\s*:|except\s+\(?[^:\n]*\b(?:Base)?Exception\b")
    found = [path.name for path in SDK.rglob("*.py") if broad.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_public_surface_is_these_names() -> None:
    names = "BudgetExceeded budget context flush guard init observe score shutdown span"
    assert sorted(telltale.__all__) == names.split()
    assert all(hasattr(telltale, name) for name in telltale.__all__)
