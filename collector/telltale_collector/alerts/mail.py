"""The operator's mail server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from telltale_collector.alerts.outbound import DeliveryError
from telltale_collector.errors import StartError

_HINT = "write smtp://[user:password@]host[:587] or smtps://[user:password@]host[:465]"
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Mail:
    """Hands messages to a mail server.

    Attributes:
        sender: the address in ``From``.
        is_tls: TLS from the beginning; else STARTTLS, where the server offers it. A password never goes without.
    """

    host: str
    port: int
    is_tls: bool
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 20

    def send(self, message: EmailMessage, to: Sequence[str]) -> str:
        """Hand over one message, and give what the server said.

        Raises:
            DeliveryError: it did not take it for anybody.
        """
        try:
            with self._connected() as server:
                refused = server.send_message(message, self.sender, list(to))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise DeliveryError(
                f"the mail server refused all recipients ({codes[0]})", is_permanent=all(code >= 500 for code in codes)
            ) from error
        except smtplib.SMTPResponseException as error:
            said = error.smtp_error
            text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            raise DeliveryError(
                f"the mail server answered {error.smtp_code} {text[:200]}", is_permanent=error.smtp_code >= 500
            ) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise DeliveryError(f"the mail server could not be used: {str(error)[:200]}") from error
        return f"taken for all but {len(refused)} of {len(to)}" if refused else "taken"

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            self._greet(server, context)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _greet(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server.ehlo()
        is_private = self.is_tls
        if not is_private and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            is_private = True
        if self.user and not is_private:
            raise smtplib.SMTPNotSupportedError("it offers no TLS, and a password does not go without")
        if self.user:
            server.login(self.user, self.password)


def read_mail(address: str, sender: str) -> Mail | None:
    """The mail server of a setting; None where it is empty.

    Raises:
        StartError: it cannot be read, or there is no address to send from.
    """
    if not address:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise StartError("setting smtp_url is not a URL", _HINT) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise StartError("setting smtp_url is not an address of a mail server", _HINT)
    if "@" not in sender:
        raise StartError("setting smtp_from is missing", "give the address that alerts come from: alerts@example.com")
    return Mail(
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        is_tls=parts.scheme == "smtps",
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
