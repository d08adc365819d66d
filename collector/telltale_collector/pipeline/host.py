"""What the machine, or the container around this process, has to give."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def cores() -> int:
    """Cores that this process may keep busy; at least 1."""
    may_use = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([may_use, *_quotas()]))


def memory_bytes() -> int:
    """Memory that this process and its children may use."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [_text_of(folder / "memory.max") for folder in _groups()]
    limits.append(_text_of(_CGROUPS / "memory" / "memory.limit_in_bytes"))  # version 1
    return min([whole, *(int(limit) for limit in limits if limit.isdigit())])


def _quotas() -> Iterable[int]:
    """Whole cores' worth of time that the groups around this process get."""
    for folder in _groups():
        quota, _, period = _text_of(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.isdigit():
            yield math.floor(int(quota) / int(period))


def _groups() -> list[Path]:
    """The control group (version 2) of this process, and those around it."""
    for line in _text_of(Path("/proc/self/cgroup")).splitlines():
        if line.startswith("0::"):
            group = _CGROUPS / line[3:].strip().lstrip("/")
            return [group, *(folder for folder in group.parents if folder.is_relative_to(_CGROUPS))]
    return []


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
