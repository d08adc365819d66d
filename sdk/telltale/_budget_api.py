"""What budgets ask the collector, over HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request

from telltale._connection import opener
from telltale._line import UnansweredError

_TIMEOUT_S: Final = 5.0
_MOST_BYTES: Final = 4 * 1024 * 1024
_NO_USAGE: Final = frozenset({400, 413, 422})


class BudgetApi:
    """The collector's API, as far as budgets need it. Money comes as Decimal.

    Args:
        url: its address, ``http://.../api/v1``.
        headers: sent with every request.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = url
        self._headers = {"Content-Type": "application/json", **headers}
        self._opener = opener(url)

    def budgets(self) -> Sequence[Mapping[str, Any]]:
        """All budgets and where they stand.

        Raises:
            UnansweredError: there is no answer, or none that can be read.
        """
        found: Sequence[Mapping[str, Any]] = self._answer("/budgets", "budgets", None)
        return found

    def costs(self, usages: Sequence[Mapping[str, Any]]) -> Sequence[Decimal | None]:
        """What each call cost; None where nobody knows, or where that cannot be read. As many as were answered.

        Raises:
            UnansweredError: there is no answer, or none that can be read.
        """
        try:
            answer = self._answer("/prices", "costs", {"usages": usages})
            costs = [_cost(cost) for cost in answer] if isinstance(answer, list) else []
        except UnansweredError as error:
            if error.code not in _NO_USAGE:
                raise
            costs = [None] * len(usages)  # asked again, they would stand in the way of others for good
        return costs

    def _answer(self, path: str, name: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, self._headers)  # noqa: S310 - http(s) only, checked in settings
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S) as reply:
                return json.loads(reply.read(_MOST_BYTES), parse_float=Decimal)[name]
        except HTTPError as error:
            with error:
                raise UnansweredError(f"the collector answers HTTP {error.code}", error.code) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            raise UnansweredError(f"the collector cannot be asked: {getattr(error, 'reason', error)}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise UnansweredError(f"{self.url} does not answer as a collector does") from error


def _cost(given: Any) -> Decimal | None:
    cost = given.get("cost_usd") if isinstance(given, Mapping) else None
    if isinstance(cost, bool) or not isinstance(cost, (str, int, Decimal)):
        return None
    try:
        usd = Decimal(cost)
    except InvalidOperation:
        return None
    return usd if usd.is_finite() and usd >= 0 else None
