"""How values of panels read, and that series can be told apart."""

import re
from decimal import Decimal

import pytest

from telltale_collector.web.boards.units import exactly, shown, shown_on_axis
from telltale_collector.web.render import TEMPLATES
from telltale_dashboards.boards import boards
from telltale_dashboards.layout import places

CSS = (TEMPLATES.parent / "static" / "panels.css").read_text()
TOKENS = (TEMPLATES.parent / "static" / "tokens.css").read_text()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "short", "—"),
        (float("nan"), "ns", "—"),
        (0, "short", "0"),
        (812, "short", "812"),
        (12_345, "short", "12.3k"),
        (-12_345, "short", "-12.3k"),
        (0.25, "short", "0.25"),
        (1_234.5, "short", "1,234"),
        (0.0421, "percentunit", "4.21 %"),
        (1.0, "percentunit", "100 %"),
        (Decimal("0.0123"), "currencyUSD", "$0.0123"),
        (1_240_000_000, "ns", "1.24 s"),
        (830, "ms", "830 ms"),
        (0.42, "cps", "0.42/s"),
        (2_500.0, "cps", "2,500/s"),
        (0.81234567, "none", "0.8123"),
    ],
)
def test_a_value_reads_in_its_unit(value: object, unit: str, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "ns", "0"),
        (2e10, "ns", "20 s"),
        (1.2e11, "ns", "120 s"),
        (6e11, "ns", "10 min"),
        (3.6e13, "ns", "10 h"),
        (6e14, "ns", "6.9 d"),
        (65_536.0, "ms", "65.5 s"),
        (0.25, "percentunit", "25 %"),
        (0.5, "cps", "0.5/s"),
        (0.02, "currencyUSD", "$0.02"),
        (8_000.0, "short", "8,000"),
    ],
)
def test_a_round_value_is_short_on_an_axis(value: float, unit: str, text: str) -> None:
    assert shown_on_axis(value, unit) == text


def test_every_digit_is_told_beside_it() -> None:
    assert exactly(1_234_567, "short") == "1,234,567"
    assert exactly(Decimal("0.000123450001"), "currencyUSD") == "$0.000123450001"
    assert exactly(None, "short") == ""


def test_every_width_of_a_panel_has_a_rule() -> None:
    widths = {place.width for board in boards() for place in places(board) if not isinstance(place.holds, str)}
    assert {int(width) for width in re.findall(r"^\.w-(\d+)", CSS, re.MULTILINE)} | {
        int(width) for width in re.findall(r"\} \.w-(\d+)", CSS)
    } >= widths


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_series_stands_out_from_its_panel(scheme: int) -> None:
    colours = {
        name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS)
    }
    ground = luminance(colours["panel"][scheme])
    for name in (name for name in colours if name.startswith("c-")):
        darker, lighter = sorted((ground, luminance(colours[name][scheme])))
        assert (lighter + 0.05) / (darker + 0.05) >= 3, name
