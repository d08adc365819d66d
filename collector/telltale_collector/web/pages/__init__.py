"""The pages: every module here ends in ``PAGE = Page(...)`` and is found by being here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from telltale_collector.web.page import Page


def all_pages() -> list[Page]:
    """Every page, in order of module name."""
    pages = (import_module(f"{__name__}.{module.name}").PAGE for module in iter_modules(__path__))
    return [page for page in pages if isinstance(page, Page)]
