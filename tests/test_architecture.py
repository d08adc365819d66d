"""What holds over the whole tree: sizes, names, discovery, documents that cannot rot."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import telltale
from telltale_collector.document import TABLES, renewed
from telltale_collector.telemetry import Telemetry

ROOT = Path(__file__).parents[1]
PACKAGES = [ROOT / "sdk/telltale", ROOT / "collector/telltale_collector", ROOT / "dashboards/telltale_dashboards"]
MODULES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
LONGEST_MODULE = 300
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "service"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_a_module_is_small_enough_to_be_read_at_once(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_a_module_is_named_for_what_it_holds(module: Path) -> None:
    parts = {part.strip("_") for part in module.relative_to(ROOT).with_suffix("").parts}
    assert not parts & VAGUE_NAMES


def test_only_one_file_catches_everything() -> None:
    broad = [
        relative(module)
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    ]
    assert set(broad) <= {"sdk/telltale/_safely.py"}


def test_the_public_surface_is_small_and_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(telltale.__all__) <= 10
    for name in telltale.__all__:
        assert hasattr(telltale, name)
        assert f"telltale.{name}" in readme, f"README does not show telltale.{name}"


@pytest.mark.parametrize("name", ["README.md", "dashboards/runbook.md"])
def test_generated_tables_are_current(name: str) -> None:
    text = (ROOT / name).read_text()
    assert renewed(text) == text, "run: make docs"


def test_every_generated_table_is_used() -> None:
    text = "".join((ROOT / name).read_text() for name in ("README.md", "dashboards/runbook.md"))
    for name in TABLES:
        assert f"<!-- generated: {name} -->" in text


def test_every_metric_says_what_it_means() -> None:
    for metric in Telemetry().registry.collect():
        assert metric.documentation.endswith(".")
        assert metric.name.startswith("telltale_")


def test_the_sdk_installs_opentelemetry_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=\[; ]", requirement)[0] for requirement in project["dependencies"]}
    assert names == {"opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"}


def test_no_file_names_a_place_that_others_do_not_have() -> None:
    """Package hosts and paths of one machine have no place in a project that others build."""
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "deb." + "debian.org"]
    checked = [p for p in ROOT.rglob("*") if p.suffix in {".py", ".toml", ".md", ".txt", ".yaml", ".yml"}]
    ours = [p for p in checked if not {".venv", ".git", "node_modules", "fixtures"} & set(p.parts)]
    assert ours
    found = [f"{relative(path)}: {host}" for path in ours for host in hosts if host in path.read_text(errors="replace")]
    assert found == []


def test_architecture_names_every_package_of_the_collector() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    packages = [
        path.name for path in (ROOT / "collector/telltale_collector").iterdir() if (path / "__init__.py").exists()
    ]
    assert packages
    for name in packages:
        assert f"`{name}/`" in text, f"ARCHITECTURE.md does not explain {name}/"
