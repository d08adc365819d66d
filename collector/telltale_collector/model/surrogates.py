"""Half a surrogate pair in JSON (a text cut inside an emoji): that character becomes U+FFFD, the rest stays."""

from __future__ import annotations

import re

_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def mend_surrogates(text: str) -> str:
    """JSON text without lone surrogate escapes; for text that a JSON reader refused."""
    return _LONE_SURROGATE.sub(r"\\ufffd", text)
