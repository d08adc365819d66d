"""What the channels that are URLs share."""

from __future__ import annotations

from urllib.parse import urlsplit

from telltale_collector.alerts.channels import Ways

_SHOWN = 4


def check_url(address: str, ways: Ways) -> None:
    """Refuse what alerts may not go to.

    Raises:
        BadRequest: with the reason.
    """
    ways.outbound.check(address)


def without_secret(address: str) -> str:
    """Scheme and host; of path and query, where a webhook's secret lies, the first and the last characters."""
    parts = urlsplit(address)
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    if len(rest) > 3 * _SHOWN:
        rest = f"{rest[:_SHOWN]}…{rest[-_SHOWN:]}"
    elif len(rest) > 1:
        rest = "/…"
    return f"{parts.scheme}://{parts.netloc}{rest}"
