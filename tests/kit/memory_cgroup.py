"""A memory cgroup for one process, where we may make one (version 1 or 2); elsewhere nothing is limited."""

import os
import uuid
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


class MemoryCgroup:
    """``prefix`` is a command that runs another one inside; empty where cgroups cannot be made."""

    def __init__(self, limit_bytes: int) -> None:
        is_first = (_ROOT / "memory").is_dir()
        self._folder = (_ROOT / "memory" if is_first else _ROOT) / f"telltale-{uuid.uuid4().hex[:12]}"
        self._kills = "memory.oom_control" if is_first else "memory.events"
        self.is_real = self._make("memory.limit_in_bytes" if is_first else "memory.max", limit_bytes)

    @property
    def prefix(self) -> list[str]:
        enter = f'echo $$ > "{self._folder}/cgroup.procs" && exec "$@"'
        return ["sh", "-c", enter, "sh"] if self.is_real else []

    @property
    def kills(self) -> int:
        """How often the kernel ended a process for want of memory."""
        if not self.is_real:
            return 0
        lines = (self._folder / self._kills).read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def remove(self) -> None:
        """Once no process is in it."""
        if self._folder.is_dir():
            self._folder.rmdir()

    def _make(self, limit: str, limit_bytes: int) -> bool:
        if not os.access(self._folder.parent, os.W_OK):
            return False
        try:
            self._folder.mkdir()
            (self._folder / limit).write_text(str(limit_bytes))
        except OSError:
            self.remove()
            return False
        return True
