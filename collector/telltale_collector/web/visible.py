"""Characters that act on the page rather than show on it, made visible.

Model output and user input are hostile until shown: a bidirectional override reorders the text around it, a
tag character (U+E0000 block) carries instructions nobody sees, a lone surrogate breaks the page's encoding.
"""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

_ACTING = re.compile(
    "(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n))"
    "|(?P<tags>[\U000e0000-\U000e007f]+)"
    "|(?P<surrogate>[\ud800-\udfff])"
    "|(?P<other>[\x80-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff])"
)


def visible(text: str) -> str:
    """The text with control characters as pictures (``␛``) and format characters as ``⟦U+202E⟧``."""
    return _ACTING.sub(_shown, text)


def finalize(value: Any) -> Any:
    """What a template expression prints: plain text made visible, the templates' own markup left alone."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def _shown(match: re.Match[str]) -> str:
    found = match.group()
    if match["control"]:
        return "␡" if found == "\x7f" else chr(0x2400 + ord(found))
    if match["tags"]:
        hidden = "".join(chr(ord(c) - 0xE0000) for c in found if 0xE0020 <= ord(c) <= 0xE007E)
        return f"⟦hidden: {hidden}⟧"
    if match["surrogate"]:
        return "\ufffd"
    return f"⟦U+{ord(found):04X}⟧"
