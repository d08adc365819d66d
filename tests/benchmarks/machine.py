"""Where and with what a figure was measured."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]

_LIBRARIES = ("chdb-core", "clickhouse-connect", "fastapi", "opentelemetry-proto", "protobuf", "uvicorn", "uvloop")


def machine() -> dict[str, str | int]:
    """Facts of this machine; nothing in it names a path or a host."""
    return {
        "cores": os.cpu_count() or 0,
        "cpu": _cpu_model(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "python": platform.python_version(),
    }


def libraries() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def commit() -> str:
    """The commit of the code measured, with a word where files of the packages differ from it."""
    changed = _git("status", "--porcelain", "--", "sdk", "collector")
    return _git("rev-parse", "--short=12", "HEAD") + (" with changes" if changed else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _cpu_model() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())
