"""The first thing that a Python under ``telltale run`` does: start tracing, then give way to whoever it stands before.

This folder is first on PYTHONPATH there, and on no other path.
"""

import contextlib
import importlib.util
import os
import sys
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - as little as possible is imported


def _give_way() -> None:
    """Run the ``sitecustomize`` that would have run without this one, in its place."""
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]  # noqa: PTH100
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def _start() -> None:
    try:
        from telltale._setup import start_by_itself  # noqa: PLC0415 - this Python may not have it
    except ImportError as error:
        if os.environ.get("TELLTALE_RUN_PID") == str(os.getpid()):
            reason = f"{sys.executable} cannot import telltale ({error})"
            sys.stderr.write(f"telltale run: {reason}: it runs, untraced; install telltale-llm for it\n")
        return
    start_by_itself()


with contextlib.ExitStack() as _last:
    _last.callback(_give_way)
    _start()
