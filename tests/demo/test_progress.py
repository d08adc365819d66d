import re

import pytest
from progress import Progress


def test_without_a_terminal_each_question_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(12)
    progress.step("+ first")
    progress.step("- second")
    assert capsys.readouterr().out == "   1/12  + first\n   2/12  - second\n"


def test_in_a_terminal_a_bar_fills_on_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    progress = Progress(2)
    progress.step("half of it " + "x" * 100)
    progress.step("all of it")
    shown = capsys.readouterr().out.split("\r\033[K")[1:]
    assert [len(re.findall("#", line)) for line in shown] == [12, 24]
    assert all(len(line.rstrip("\n")) < 60 for line in shown)
    assert [line.count("\n") for line in shown] == [0, 1]
