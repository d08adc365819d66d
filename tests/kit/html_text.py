"""A page's text as it reads."""

import re
from html import unescape


def text_of(html: str) -> str:
    """The text between the tags, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
