"""``telltale run -- CMD``: any Python program traced, without a change to it.

The command takes this process's place, with a folder of ours first on PYTHONPATH; what is in it starts tracing in every
Python below. So signals, the exit code and the terminal are the program's own.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STARTED: Final = Path(__file__).parent / "_started"
_HELP: Final = """usage: telltale run [--] CMD [ARGUMENT ...]

Run a Python program traced, without a change to it: calls of supported libraries become spans, as after
telltale.init(). CMD is anything that starts Python: a script, python -m, gunicorn, pytest, a shell script.
Child processes are traced, too. The exit code and all signals are CMD's own.

Settings come from the environment: TELLTALE_ENDPOINT, TELLTALE_API_KEY, TELLTALE_CAPTURE, OTEL_SERVICE_NAME, ...

  telltale run -- python app.py
  OTEL_SERVICE_NAME=shop telltale run -- gunicorn shop:app"""
_USAGE_ERROR: Final = 2
_NOT_EXECUTABLE: Final = 126
_NOT_FOUND: Final = 127
_PYTHON: Final = re.compile(r"python[0-9.]*(\.exe)?")
_SHUTTING_OUT: Final = re.compile("[IES]")
_FLAGS: Final = re.compile("-([^cmWX]*)([cmWX]?)(.*)", re.DOTALL)
"""Letters without a value, then perhaps one with a value, which is the rest or the next argument."""

_LONGEST_FIRST_LINE: Final = 512


def run(argv: Sequence[str]) -> int:
    """Run a Python program traced, without a change to it: telltale run -- python app.py.

    Args:
        argv: the command and its arguments, after an optional ``--``.

    Returns:
        Only when the command cannot be run: 127 not found, 126 not executable, 2 unusable. Else the process is the
        command's from then on.
    """
    command = list(argv[1:] if argv and argv[0] == "--" else argv)
    if not command or command[0] in {"-h", "--help"}:
        print(_HELP, file=sys.stdout if command else sys.stderr)
        return 0 if command else _USAGE_ERROR
    path = shutil.which(command[0])
    if path is None:
        return _refused(f"there is no command {command[0]!r}", _NOT_FOUND)
    if option := _shut_out_by(path, command[1:]):
        return _refused(
            f"python is started with {option}, which shuts out what telltale run adds; leave it out, or call"
            " telltale.init() in the program",
            _USAGE_ERROR,
        )
    sys.stdout.flush()
    try:
        os.execve(path, command, environment(os.environ))  # noqa: S606 - the user's own command, no shell between
    except OSError as error:
        return _refused(f"cannot run {path}: {error.strerror}", _NOT_EXECUTABLE)


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment in which every Python starts tracing; once, however often it is applied.

    An empty entry of PYTHONPATH is the current directory, and stays.
    """
    paths = given.get("PYTHONPATH") or str(STARTED)
    others = [path for path in paths.split(os.pathsep) if path != str(STARTED)]
    return {**given, "PYTHONPATH": os.pathsep.join([str(STARTED), *others]), "TELLTALE_RUN_PID": str(os.getpid())}


def _refused(why: str, code: int) -> int:
    print(f"telltale run: {why}", file=sys.stderr)
    return code


def _shut_out_by(path: str, arguments: Sequence[str]) -> str | None:
    """The option that keeps Python from looking at PYTHONPATH or at sitecustomize."""
    if _PYTHON.fullmatch(Path(path).name):
        return _first_shut_out(arguments)
    words = _interpreter_line(path)
    python = next((at for at, word in enumerate(words) if _PYTHON.fullmatch(Path(word).name)), None)
    return None if python is None else _first_shut_out(words[python + 1 :])


def _interpreter_line(path: str) -> list[str]:
    """The words of a script's first line, after ``#!``."""
    try:
        with Path(path).open("rb") as script:
            line = script.readline(_LONGEST_FIRST_LINE)
    except OSError:
        return []
    return line[2:].decode(errors="replace").split() if line.startswith(b"#!") else []


def _first_shut_out(options: Iterable[str]) -> str | None:
    given = iter(options)
    for option in given:
        if not option.startswith("-") or option in {"-", "--"}:
            return None
        if option.startswith("--"):
            continue
        flags = _FLAGS.match(option)
        assert flags is not None  # it matches anything that starts with a dash
        if found := _SHUTTING_OUT.search(flags[1]):
            return f"-{found[0]}"
        if flags[2] in {"c", "m"}:
            return None
        if flags[2] and not flags[3]:
            next(given, None)
    return None
