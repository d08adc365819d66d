"""The receivers that the operator's settings name."""

from __future__ import annotations

from telltale_collector.errors import StartError
from telltale_collector.model import EVERY_PROJECT, Receiver
from telltale_collector.settings import Settings


def built_in_receivers(settings: Settings) -> list[Receiver]:
    """One for each setting that is given.

    Raises:
        StartError: mail is wanted, and there is no server for it.
    """
    if settings.alert_email_to and not settings.smtp_url:
        raise StartError("setting alert_email_to needs a mail server", "give --smtp-url and --smtp-from, too")
    given = {
        "alertmanager": settings.alertmanager_url,
        "webhook": settings.alert_webhook_url,
        "email": settings.alert_email_to,
    }
    return [
        Receiver(project=EVERY_PROJECT, name=f"settings-{channel}", channel=channel, address=address, is_built_in=True)
        for channel, address in given.items()
        if address
    ]
