"""How much memory a process holds, as the kernel counts it."""

from pathlib import Path


def resident_mib(pid: int) -> float:
    """Now."""
    return _kib(pid, "VmRSS") / 1024


def peak_mib(pid: int) -> float:
    """At most, since the process began or ``forget_peak``."""
    return _kib(pid, "VmHWM") / 1024


def forget_peak(pid: int) -> None:
    """From here on the peak is that of what follows."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _kib(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
