"""Text can be read in both colour schemes (WCAG 2.2: 4.5 to 1)."""

import re

import pytest

from telltale_collector.web.render import TEMPLATES

TOKENS = (TEMPLATES.parent / "static" / "tokens.css").read_text()
COLOURS = {
    name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS)
}
GROUNDS = ["page", "panel", "raised", "hover", "chosen"]
TEXTS = ["text", "muted", "faint", "accent", "good", "warn", "alter", "bad"]
KINDS = [name for name in COLOURS if name.startswith("k-")]
PAIRS = [(text, ground) for text in [*TEXTS, *KINDS] for ground in GROUNDS]
PAIRS += [
    ("bad", "bad-ground"),
    ("text", "bad-ground"),
    ("text", "mark"),
    ("good", "mark"),
    ("accent-text", "accent"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_stands_out_from_every_ground(scheme: int) -> None:
    weak = {
        f"{text} on {ground}": round(found, 2)
        for text, ground in PAIRS
        if (found := contrast(COLOURS[text][scheme], COLOURS[ground][scheme])) < 4.5
    }
    assert weak == {}


def test_every_colour_is_a_token() -> None:
    for path in (TEMPLATES.parent / "static").glob("*.css"):
        found = re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text())
        assert path.name == "tokens.css" or not found, path.name
