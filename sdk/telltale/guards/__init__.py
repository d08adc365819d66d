"""Guards: checks of a text, one file each.

A module here that ends in ``GUARD = Guard(...)`` is found by itself.
The same guards run in the application (``telltale.guard``) and in the collector at ingest.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

from telltale.guards._model import Guard, GuardBlocked, Hit, Stage, Verdict, VerdictWord

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Guard", "GuardBlocked", "Hit", "Stage", "Verdict", "VerdictWord", "discover"]


@functools.cache
def discover() -> Mapping[str, Guard]:
    """All guards that ship with Telltale, by name.

    Example:
        >>> sorted(guards.discover())
        ['injection', 'length', 'pii', 'secrets']
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    guards = [importlib.import_module(f"{__name__}.{name}").GUARD for name in names]
    return {guard.name: guard for guard in guards}
