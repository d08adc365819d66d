"""The log's name: part of every deduplication token, so that two logs never share one."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from telltale_collector.wal.filesystem import FileSystem, sync

_ID = re.compile(r"[0-9a-f]{32}")


def load_id(fs: FileSystem, folder: Path) -> str:
    """The id kept in the folder, durable when it returns; empty where there is none, or none that is whole."""
    path = folder / "id"
    kept = fs.read(path, 0, 64).decode(errors="replace").strip() if path.name in fs.names(folder) else ""
    if not _ID.fullmatch(kept):
        return ""
    sync(fs, path)  # the process that wrote it may have ended before it was on the disk
    fs.sync_dir(folder)
    return kept


def renew_id(fs: FileSystem, folder: Path) -> str:
    """A new id, durable when it returns. For a log that does not know which tokens it has used."""
    made = uuid.uuid4().hex
    fs.write_at(folder / "id", 0, made.encode())
    fs.sync_dir(folder)
    return made
