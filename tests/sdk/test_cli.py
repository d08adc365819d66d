from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from telltale import __version__, _cli

if TYPE_CHECKING:
    from collections.abc import Callable


def greet(argv: list[str]) -> int:
    """Say hello.

    And more.
    """
    print("hello", *argv)
    return 3


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Announce commands; a str is where to load one from, a function is loaded already."""

    class Loaded:
        def __init__(self, name: str, function: Any) -> None:
            self.name = name
            self.module = function.__module__
            self._function = function

        def load(self) -> Any:
            return self._function

    def announce(**known: Any) -> None:
        points = [
            EntryPoint(name, target, _cli.GROUP) if isinstance(target, str) else Loaded(name, target)
            for name, target in known.items()
        ]
        monkeypatch.setattr(_cli, "entry_points", lambda group: points if group == _cli.GROUP else [])

    return announce


def test_a_command_gets_its_arguments_and_gives_the_exit_code(
    commands: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    commands(greet=greet)
    assert _cli.main(["greet", "--loud"]) == 3
    assert capsys.readouterr().out == "hello --loud\n"


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_help_lists_each_command_with_its_first_line(
    commands: Callable[..., None], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    commands(greet=greet, up="telltale_no_such_package:up")
    assert _cli.main(arguments) == 0
    out = capsys.readouterr().out
    assert "greet  Say hello.\n" in out
    assert "pip install 'telltale-llm[collector]'" in out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"telltale {__version__}\n"


def test_an_unknown_command_gives_2_and_the_nearest_name(
    commands: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    commands(greet=greet)
    assert _cli.main(["gret"]) == 2
    assert capsys.readouterr().err == "there is no command 'gret'; did you mean telltale greet?\n"
    assert _cli.main(["zzz"]) == 2
    assert "--help" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "extra"),
    [("telltale_no_such_package:up", "collector"), ("telltale_dashboards.nope:build", "dashboards")],
)
def test_a_command_whose_packages_are_missing_says_what_to_install(
    commands: Callable[..., None], capsys: pytest.CaptureFixture[str], target: str, extra: str
) -> None:
    commands(up=target)
    assert _cli.main(["up"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert f"pip install 'telltale-llm[{extra}]'" in err


def test_without_any_command_help_says_how_to_get_some(
    commands: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    commands()
    assert _cli.main(["--help"]) == 0
    assert "pip install 'telltale-llm[collector]'" in capsys.readouterr().out
