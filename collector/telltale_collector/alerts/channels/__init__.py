"""Ways to tell somebody of alerts, one file each.

To add one: ``alerts/channels/<kind>.py`` ending in ``CHANNEL = Channel(kind="<kind>", ...)``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from telltale_collector.alerts.due import Notice, Pace
from telltale_collector.alerts.mail import Mail
from telltale_collector.alerts.outbound import Outbound
from telltale_collector.store.alert_delivery import Occurrence


@dataclass(frozen=True, slots=True)
class Ways:
    """What channels send with; ``mail`` is None without a mail server."""

    outbound: Outbound
    mail: Mail | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back.

    Attributes:
        said: in a few words.
        refused: alerts of the message that the receiver will not take; the others it has.
    """

    said: str
    refused: frozenset[Occurrence] = frozenset()


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell somebody.

    Attributes:
        kind: the module's name.
        check: refuses an address of this kind with BadRequest.
        show: an address without its secret.
        send: hands over one message; raises DeliveryError where it was not taken.
        pace: how it wants to be told.
    """

    kind: str
    check: Callable[[str, Ways], None]
    show: Callable[[str], str]
    send: Callable[[Notice, Ways], Sent]
    pace: Pace = Pace()


@cache
def channels() -> Mapping[str, Channel]:
    """All there are, by kind."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return {name: import_module(f"{__name__}.{name}").CHANNEL for name in names}
