"""Where spans wait on disk, and who may send them from there."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from telltale._safely import log

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT: Final = 256 * 1024 * 1024
_SMALLEST_LIMIT: Final = 64 * 1024
_NO: Final = frozenset({"0", "false", "no", "off"})
_TRACES: Final = "/v1/traces"


@dataclass(frozen=True, slots=True)
class Spooling:
    """What the exporter knows of the spool.

    Attributes:
        paths: directories, the first that can be used is; none: memory only.
        limit: bytes that all processes together may keep there.
        header: the destination, as it stands in files. Only processes with the same one send what is there.
        report_url: where counts of what was given up go; None when that is no Telltale collector.
    """

    paths: tuple[Path, ...] = ()
    limit: int = LIMIT
    header: bytes = b""
    report_url: str | None = None


def spool_paths(argument: Any, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The argument, TELLTALE_SPOOL, TELLTALE_SPOOL_DIR, else the user's cache and, behind it, the temporary folder."""
    if argument is None:
        argument = environ.get("TELLTALE_SPOOL", "").strip().lower() not in _NO
    if argument is False or os.name != "posix":  # no descriptors of folders, no flock
        return ()
    if isinstance(argument, (str, os.PathLike)) and argument:
        return (Path(argument).expanduser().absolute(),)
    if argument is not True:
        log.warning("spool %r must be True, False or a directory; using True", argument)
    chosen = environ.get("TELLTALE_SPOOL_DIR")
    if chosen:
        return (Path(chosen).expanduser().absolute(),)
    cache = Path(environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "telltale" / "spool"  # noqa: PTH111 - never raises
    temporary = Path(tempfile.gettempdir()) / f"telltale-spool-{os.geteuid()}"
    return (cache, temporary) if cache.is_absolute() else (temporary,)


def spool_limit(environ: Mapping[str, str]) -> int:
    """TELLTALE_SPOOL_BYTES."""
    text = environ.get("TELLTALE_SPOOL_BYTES", "").strip()
    if text.isdecimal() and int(text) >= _SMALLEST_LIMIT:
        return int(text)
    if text:
        log.warning("TELLTALE_SPOOL_BYTES %r must be a number from %d; using %d", text, _SMALLEST_LIMIT, LIMIT)
    return LIMIT


def destination(traces_url: str, logs_url: str, headers: Mapping[str, str]) -> bytes:
    """A destination without its secrets: addresses, and a mark that differs where a key or another header does."""
    whole = json.dumps([traces_url, logs_url, sorted(headers.items())]).encode()
    mark = hashlib.blake2s(whole, digest_size=8, person=b"telltale").hexdigest()
    return json.dumps({"traces": _shown(traces_url), "logs": _shown(logs_url), "mark": mark}).encode()


def report_url(traces_url: str) -> str | None:
    base = traces_url.removesuffix(_TRACES)
    return f"{base}/api/v1/client-reports" if base != traces_url else None


def _shown(url: str) -> str:
    """Without user, password and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
