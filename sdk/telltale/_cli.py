"""The ``telltale`` command: its sub-commands are functions announced under ``telltale.commands``."""

from __future__ import annotations

import difflib
import sys
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final

from telltale._version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GROUP: Final = "telltale.commands"
_USAGE_ERROR: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``telltale <command> ...``.

    Args:
        argv: the arguments after the program's name; else those of the process.

    Returns:
        The command's exit code; 2 when there is no such command or its packages are not installed.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands = {point.name: point for point in entry_points(group=GROUP)}
    first = arguments[0] if arguments else "--help"
    if first in {"-h", "--help", "help"}:
        print(_help(commands))
        return 0
    if first in {"-V", "--version", "version"}:
        print(f"telltale {__version__}")
        return 0
    if first not in commands:
        print(_unknown(first, commands), file=sys.stderr)
        return _USAGE_ERROR
    return _run(commands[first], arguments[1:])


def _run(point: EntryPoint, arguments: list[str]) -> int:
    try:
        command = point.load()
    except ImportError as error:
        print(_not_installed(point, error), file=sys.stderr)
        return _USAGE_ERROR
    return int(command(arguments) or 0)


def _help(commands: Mapping[str, EntryPoint]) -> str:
    width = max((len(name) for name in commands), default=0)
    lines = [f"  {name:<{width}}  {_summary(commands[name])}" for name in sorted(commands)]
    listed = "\n".join(lines) or "  none is installed: pip install 'telltale-llm[collector]'"
    return (
        f"telltale {__version__}: observability for LLM applications\n\n"
        f"usage: telltale <command> [arguments]\n\n{listed}\n\n"
        "telltale <command> --help says more about one of them."
    )


def _summary(point: EntryPoint) -> str:
    """A command's first docstring line."""
    try:
        command = point.load()
    except ImportError as error:
        return f"({_not_installed(point, error)})"
    return next(iter((command.__doc__ or "").strip().splitlines()), "")


def _not_installed(point: EntryPoint, error: ImportError) -> str:
    extra = "dashboards" if point.module.startswith("telltale_dashboards") else "collector"
    return f"telltale {point.name} needs {error.name or error}: pip install 'telltale-llm[{extra}]'"


def _unknown(name: str, commands: Mapping[str, EntryPoint]) -> str:
    near = difflib.get_close_matches(name, commands, n=1, cutoff=0.5)
    hint = f"did you mean telltale {near[0]}?" if near else "telltale --help lists them."
    return f"there is no command {name!r}; {hint}"


if __name__ == "__main__":
    sys.exit(main())
