"""What the log needs of the machine it runs on; a simulated one can take its place."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from telltale_collector.wal.filesystem import Disk, FileSystem
from telltale_collector.wal.position import Position

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def read_boot_id() -> Position:
    """The id of this boot, as two numbers. Where the system has none, each process counts as a boot of its own."""
    boot_id = uuid.UUID(_BOOT_ID.read_text().strip()) if _BOOT_ID.exists() else uuid.uuid4()
    return Position(*divmod(boot_id.int, 1 << 64))


@dataclass(frozen=True, slots=True)
class Host:
    """A disk, monotonic seconds, the id of the boot, and whether a thread writes or ``Wal.flush`` does."""

    fs: FileSystem = field(default_factory=Disk)
    clock: Callable[[], float] = time.monotonic
    boot_id: Position = field(default_factory=read_boot_id)
    threaded: bool = True
