"""What was recorded of the one call that a test made.

``captured`` is what ``telltale.testing.capture()`` gives; each function fails if it holds more or less than one span.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telltale.testing import Captured


def only(captured: Captured) -> dict[str, Any]:
    """The call's span."""
    assert len(captured.spans) == 1
    return captured.spans[0]


def messages(captured: Captured, key: str = "output") -> Any:
    """Its messages, decoded; ``key``: "input" or "output"."""
    return json.loads(only(captured)["attributes"][f"gen_ai.{key}.messages"])


def parts(captured: Captured, key: str = "output", message: int = 0) -> Any:
    """The parts of one message."""
    return messages(captured, key)[message]["parts"]


def recorded_text(captured: Captured) -> str:
    """The words of the first answer, joined."""
    return "".join(part["content"] for part in parts(captured))


def is_cancelled(captured: Captured) -> bool:
    """Whether its stream is said to have been left early."""
    return bool(only(captured)["attributes"].get("telltale.stream.cancelled", False))
