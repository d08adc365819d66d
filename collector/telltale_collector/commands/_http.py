"""A running collector, asked over HTTP by commands; the standard library suffices."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

DEFAULT_URL = "http://127.0.0.1:4318"


class NoCollector(Exception):
    """Nobody answers, or the answer is an error; the text says what to do."""


def get(url: str, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    """One JSON answer; numbers with a fraction are Decimal, as exact as they were sent.

    Raises:
        NoCollector: nobody answers at ``url``, or the collector refuses the question.
    """
    query = urllib.parse.urlencode({name: value for name, value in params.items() if value})
    request = urllib.request.Request(f"{url}{path}?{query}")  # noqa: S310 - the user's own collector
    answer: dict[str, Any] = json.loads(b"".join(_open(request)), parse_float=Decimal)
    return answer


def post_lines(url: str, path: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The JSON lines of an answer, as they come.

    Raises:
        NoCollector: nobody answers at ``url``, or the collector refuses the question.
    """
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers)  # noqa: S310
    for line in _open(request):
        yield json.loads(line)


def _open(request: urllib.request.Request) -> Iterator[bytes]:
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310 - the user's own collector
            yield from response
    except urllib.error.HTTPError as error:
        raise NoCollector(_refusal(error)) from error
    except OSError as error:
        where = f"{request.type}://{request.host}"
        raise NoCollector(f"no collector answers at {where}: {error} (start one: telltale up)") from error


def _refusal(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        found = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return f"the collector answered {error.code}: {text[:200]}"
    return f"{found['message']} ({found['hint']})" if found["hint"] else str(found["message"])
