"""The boards, one file each, found by discovery: a module that ends in ``BOARD = Board(...)``."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from telltale_dashboards.panel import Board


@cache
def boards() -> tuple[Board, ...]:
    """All boards, by module name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(import_module(f"{__name__}.{name}").BOARD for name in names)
