"""Writes the boards as files that Grafana reads: one a board, the same to the byte for the same board."""

from __future__ import annotations

from pathlib import Path

from telltale_dashboards.boards import boards
from telltale_dashboards.grafana import dashboard_json


def generated() -> dict[str, str]:
    """File names and what belongs into them."""
    return {f"{board.uid}.json": dashboard_json(board) for board in boards()}


def write(folder: Path) -> list[Path]:
    """Write all boards, and remove the files of boards that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    files = generated()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in folder.glob("telltale-*.json"):
        if path.name not in files:
            path.unlink()
    return [folder / name for name in files]


def stale(folder: Path) -> list[str]:
    """Names of files that are not what ``write`` would write: missing, different, or of no board."""
    files = generated()
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("telltale-*.json")}
    return sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))
