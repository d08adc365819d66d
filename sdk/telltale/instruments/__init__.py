"""Instruments: libraries whose calls become spans, one file each.

A module here that ends in ``INSTRUMENT = Instrument(...)`` is found by itself, and skipped where its library
is absent.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

from telltale._safely import log, safely
from telltale.instruments._call import end_left_calls, end_open_calls
from telltale.instruments._model import Instrument
from telltale.instruments._when_imported import when_imported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Instrument", "discover", "end_left_calls", "end_open_calls", "install"]


@functools.cache
def discover() -> Mapping[str, Instrument]:
    """All instruments that ship with Telltale, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    found = [importlib.import_module(f"{__name__}.{name}").INSTRUMENT for name in names]
    return {instrument.name: instrument for instrument in found}


def install(which: bool | Sequence[str]) -> None:
    """Instrument what the application has imported, or will. A library that fails does not stop others.

    Args:
        which: True for everything, False for nothing, or names.
    """
    known = discover()
    wanted = known if which is True else [] if which is False else which
    for name in wanted:
        if name in known:
            when_imported(known[name].library, functools.partial(_install, known[name]))
        else:
            log.warning("there is no instrument %r; use %s", name, ", ".join(known))


def _install(instrument: Instrument) -> None:
    with safely(f"instrument {instrument.name}"):
        instrument.install()
