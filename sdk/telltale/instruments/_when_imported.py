"""Do something once a library is imported, and not import it for that.

An application that does not use a library must not wait for it to load, only because it is installed.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def when_imported(library: str, then: Callable[[], None]) -> None:
    """Call ``then`` now if the library is imported, else right after it is. Asking twice for one library calls once."""
    if library in sys.modules:
        then()
    elif not any(isinstance(finder, _Finder) and finder.library == library for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(library, then))


class _Finder(MetaPathFinder):
    """Finds one library as all others would, and puts its own loader in front."""

    def __init__(self, library: str, then: Callable[[], None]) -> None:
        self.library = library
        self._then = then
        self._is_asking = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != self.library or self._is_asking:
            return None
        self._is_asking = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._is_asking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self)
        return spec

    def found(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._then()


class _Loader(Loader):
    """The library's own loader, for the one moment after it has run."""

    def __init__(self, own: Any, finder: _Finder) -> None:
        self._own = own
        self._finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._own.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._own
        self._own.exec_module(module)
        self._finder.found()
