"""Half a surrogate pair in JSON (a text cut inside an emoji): that character becomes U+FFFD, the rest stays."""

from __future__ import annotations

import re

_HIGH = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_LOW = r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_UNTIL_LONE = re.compile(
    rf"((?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])|{_HIGH}{_LOW})*+)((?:{_HIGH}(?!{_LOW})|{_LOW})++)", re.DOTALL
)
"""From the start of an escape or a character: what is good, and the lone halves behind it."""

_ESCAPE_LENGTH = 6


def mend_surrogates(text: str, mark: str = "\ufffd") -> str:
    """JSON text with ``mark`` for lone surrogate escapes; for text that a JSON reader refused."""
    parts: list[str] = []
    at = 0
    while found := _UNTIL_LONE.match(text, at):
        parts += [found[1], mark * (len(found[2]) // _ESCAPE_LENGTH)]
        at = found.end()
    return "".join([*parts, text[at:]]) if parts else text
