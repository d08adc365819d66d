"""The wheel: what an application installs is light, and all that the program needs is inside."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)], check=True, cwd=folder
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_its_queries_templates_and_styles(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    for package in ("sdk/telltale", "collector/telltale_collector", "dashboards/telltale_dashboards"):
        folder = ROOT / package
        wanted = {
            f"{folder.name}/{path.relative_to(folder)}"
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert wanted <= packed
    assert not [name for name in packed if name.endswith(".pth")]


def test_a_bare_install_traces_and_has_no_collector_in_it(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=True)
    python = tmp_path / "bare/bin/python"
    install = [str(python), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), str(wheel)]
    subprocess.run(install, check=True)
    program = (
        "import sys, telltale; from telltale import testing\n"
        "with testing.capture() as spans:\n"
        "    with telltale.span('x'): pass\n"
        "assert 'fastapi' not in sys.modules\n"
    )
    subprocess.run([str(python), "-c", program], check=True)
    site = next((tmp_path / "bare/lib").glob("python*/site-packages"))
    tools = {"pip", "setuptools", "_distutils_hack", "pkg_resources"}
    ours = [path for path in site.iterdir() if path.name.partition("-")[0] not in tools]
    assert len([path for path in ours if path.suffix == ".dist-info"]) <= 20
    assert sum(_size(path) for path in ours) <= 15_000_000
    for absent in ("fastapi", "clickhouse_connect", "openai"):
        missing = subprocess.run([str(python), "-c", f"import {absent}"], capture_output=True, check=False)
        assert missing.returncode != 0
    up = subprocess.run([str(tmp_path / "bare/bin/telltale"), "up"], capture_output=True, text=True, check=False)
    assert up.returncode == 2
    assert "telltale-llm[collector]" in up.stderr


def _size(path: Path) -> int:
    """Bytes, compiled modules left out."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file() and file.suffix != ".pyc")
