"""The log's name: part of every deduplication token, so that two logs never share one."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem

_ID = re.compile(r"[0-9a-f]{32}")


def load_id(fs: FileSystem, folder: Path) -> str:
    """The id kept in the folder; a new one where there is none, or none that is whole."""
    path = folder / "id"
    kept = fs.read(path, 0, 64).decode(errors="replace").strip() if path.name in fs.names(folder) else ""
    if not _ID.fullmatch(kept):
        kept = uuid.uuid4().hex
        fs.write_at(path, 0, kept.encode())
        fs.sync_dir(folder)
    return kept
