"""The figures that reliability tests reach: printed, and kept where ``make reliability`` asks for them.

A test says ``record_figure("spans lost", lost, "0")``; it still asserts what has to hold. One JSON object a line goes
to the file that the environment variable TELLTALE_FIGURES names; without it a figure is only printed.
"""

import json
import os
from pathlib import Path
from typing import TypedDict

VARIABLE = "TELLTALE_FIGURES"

Value = int | float | str


class Figure(TypedDict):
    """One figure: what was measured, what came out, what it had to be, and whether it is."""

    name: str
    value: Value
    target: str
    unit: str
    reached: bool


class FigureRecorder:
    """Called with a name, a value and its target: ``"<= 5"``, ``">= 9999"``, or the very value; "" is a plain fact."""

    def __call__(self, name: str, value: Value, target: str = "", unit: str = "") -> None:
        figure = Figure(name=name, value=value, target=target, unit=unit, reached=is_reached(value, target))
        said = f"{name}: {value}{unit and ' ' + unit}"
        print(f"figure | {said}{target and f' (to reach: {target})'}", flush=True)
        if path := os.environ.get(VARIABLE):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(figure) + "\n")


def is_reached(value: Value, target: str) -> bool:
    """Whether a value is what its target says."""
    kind, _, bound = target.partition(" ")
    if kind == "<=":
        return float(value) <= float(bound)
    if kind == ">=":
        return float(value) >= float(bound)
    return not target or str(value) == target


def read_figures(path: Path) -> list[Figure]:
    """What a run recorded, in order; a figure recorded again replaces the earlier one."""
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return list({line["name"]: line for line in lines}.values())
