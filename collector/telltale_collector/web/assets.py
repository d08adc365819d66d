"""Static files under an address that names their content, so that browsers may keep them for ever.

One digest stands for the whole folder: modules then import each other by relative path.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    import os

    from starlette.responses import Response
    from starlette.types import Scope

_FOLDER: Final = Path(__file__).parent / "static"


@cache
def digest() -> str:
    """Twelve hex digits of the SHA-256 over the folder's names and contents."""
    total = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(_FOLDER).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:12]


def root() -> str:
    """The address that the folder is mounted at."""
    return f"/static/{digest()}"


def static(name: str) -> str:
    """The address of one file: ``static("app.css")``."""
    return f"{root()}/{name}"


class Assets(StaticFiles):
    """The folder, with the headers of a file that never changes."""

    def __init__(self) -> None:
        super().__init__(directory=_FOLDER)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        # An SVG opened by its own address is a document: it gets no rights at all.
        response.headers["content-security-policy"] = "default-src 'none'"
        return response
