"""The alert rules, one group a file, found by discovery: a module that ends in ``GROUP = Group(...)``."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from telltale_dashboards.rule import Group


@cache
def groups() -> tuple[Group, ...]:
    """All groups, by module name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(import_module(f"{__name__}.{name}").GROUP for name in names)
