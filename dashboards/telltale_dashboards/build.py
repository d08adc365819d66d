"""Writes boards and alert rules as files that Grafana reads, the same to the byte for the same board or group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from telltale_dashboards.alerts import groups
from telltale_dashboards.boards import boards
from telltale_dashboards.grafana import dashboard_json
from telltale_dashboards.grafana_alerts import DEFAULT_PROJECT, group_yaml

_ALERTS = "alerts"


def generated(project: str = DEFAULT_PROJECT) -> dict[str, str]:
    """File names and what belongs into them: one JSON a board, one YAML in ``alerts/`` a group of rules.

    Args:
        project: whose data the rules look at.
    """
    files = {f"{board.uid}.json": dashboard_json(board) for board in boards()}
    return files | {f"{_ALERTS}/{group.name}.yaml": group_yaml(group, project) for group in groups()}


def write(folder: Path, project: str = DEFAULT_PROJECT) -> list[Path]:
    """Write all, and remove the files of boards and groups that are no more."""
    (folder / _ALERTS).mkdir(parents=True, exist_ok=True)
    files = generated(project)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, path in _ours(folder):
        if name not in files:
            path.unlink()
    return [folder / name for name in files]


def stale(folder: Path, project: str = DEFAULT_PROJECT) -> list[str]:
    """Names of files that are not what ``write`` would write: missing, different, or of no board or group."""
    files = generated(project)
    found = {name: path.read_text(encoding="utf-8") for name, path in _ours(folder)}
    return sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))


def _ours(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in [*folder.glob("telltale-*.json"), *(folder / _ALERTS).glob("*.yaml")]:
        yield str(path.relative_to(folder)), path
