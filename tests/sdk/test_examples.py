"""Every public name has an example in its docstring, and every example does what it says."""

from __future__ import annotations

import doctest
import inspect
import io
from typing import Any

import pytest

import telltale
from telltale import guards, testing

FINDER = doctest.DocTestFinder(recurse=False)
KNOWN = {"telltale": telltale, "testing": testing, "guards": guards}


def _public() -> dict[str, Any]:
    """What applications can call or catch, by the name they write."""
    named = {f"telltale.{name}": getattr(telltale, name) for name in telltale.__all__}
    named |= {f"telltale.guards.{name}": getattr(guards, name) for name in guards.__all__}
    ours = {name: value for name, value in vars(testing).items() if not name.startswith("_")}
    named |= {f"telltale.testing.{k}": v for k, v in ours.items() if getattr(v, "__module__", "") == testing.__name__}
    return {name: value for name, value in named.items() if inspect.isclass(value) or inspect.isroutine(value)}


PUBLIC = _public()


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_has_an_example_that_does_what_it_says(name: str) -> None:
    examples = FINDER.find(inspect.unwrap(PUBLIC[name]), name, globs=dict(KNOWN))
    assert sum(len(each.examples) for each in examples) > 0, f"{name} has no example in its docstring"
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    with testing.capture(instrument=False):
        for each in examples:
            runner.run(each, out=said.write, clear_globs=False)
    assert runner.failures == 0, said.getvalue()


def test_the_names_are_found() -> None:
    assert {"telltale.init", "telltale.guards.Guard", "telltale.testing.capture", "telltale.context"} <= set(PUBLIC)
