"""Mail over a real SMTP server, with and without TLS."""

import queue
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from alert_messages import NOW, firing
from collector_process import free_port

from telltale_collector.alerts.channels import Ways
from telltale_collector.alerts.channels.email import CHANNEL, send
from telltale_collector.alerts.due import Notice
from telltale_collector.alerts.mail import Mail, read_mail
from telltale_collector.alerts.outbound import DeliveryError, Outbound
from telltale_collector.errors import BadRequest, StartError
from telltale_collector.model import Receiver

SENDER = "alerts@example.com"


class MailServer:
    """Keeps what it gets; ``refuse``: the answer to a recipient that begins with it."""

    def __init__(self) -> None:
        self.mails: queue.Queue[tuple[Envelope, bool, str]] = queue.Queue()
        self.refuse: dict[str, str] = {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802 -- aiosmtpd's name
        for start, answer in self.refuse.items():
            if address.startswith(start):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope) -> str:  # noqa: N802
        login = getattr(session, "auth_data", None)
        self.mails.put((envelope, session.ssl is not None, login.login.decode() if login else ""))
        return "250 OK"


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[MailServer, int]]]:
    running: list[Controller] = []

    def start(**options: object) -> tuple[MailServer, int]:
        server = MailServer()
        controller = Controller(server, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        return server, controller.port

    yield start
    for controller in running:
        controller.stop()


def notice(to: str = "ann@example.com, bob@example.com") -> Notice:
    receiver = Receiver(project="p", name="mail", channel="email", address=to)
    group = {"alertname": "cost is bad", "project": "p", "rule": "cost"}
    return Notice(receiver, group, [firing(user="ann")], "0123456789abcdef", NOW)


def ways(address: str) -> Ways:
    return Ways(Outbound(), read_mail(address, SENDER))


def login(_server: SMTP, _session: object, _envelope: object, _mechanism: str, given: object) -> AuthResult:
    is_right = (given.login, given.password) == (b"ann", b"p@ss")
    return AuthResult(success=is_right, handled=False, auth_data=given)


def test_mail_reaches_all_who_are_named(serve: Callable) -> None:
    server, port = serve()
    assert send(notice(), ways(f"smtp://localhost:{port}")).said == "taken"
    envelope, is_private, _ = server.mails.get(timeout=10)
    mail = message_from_bytes(envelope.content)
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, ["ann@example.com", "bob@example.com"])
    assert mail["Subject"] == "[1 firing] cost is bad (p)"
    assert mail["Message-ID"] == "<0123456789abcdef@example.com>"
    assert not is_private


def test_starttls_is_used_where_it_is_offered_and_the_password_goes_within(
    serve: Callable, certificate: ssl.SSLContext
) -> None:
    server, port = serve(tls_context=certificate, require_starttls=True, authenticator=login)
    send(notice(), ways(f"smtp://ann:p%40ss@localhost:{port}"))
    _, is_private, user = server.mails.get(timeout=10)
    assert (is_private, user) == (True, "ann")


def test_a_wrong_password_is_told(serve: Callable, certificate: ssl.SSLContext) -> None:
    _, port = serve(tls_context=certificate, require_starttls=True, authenticator=login)
    with pytest.raises(DeliveryError, match="answered 535") as refused:
        send(notice(), ways(f"smtp://ann:wrong@localhost:{port}"))
    assert refused.value.is_permanent
    assert "wrong" not in refused.value.message


def test_a_password_never_goes_without_tls(serve: Callable) -> None:
    server, port = serve(authenticator=login, auth_require_tls=False)
    with pytest.raises(DeliveryError, match="a password does not go without"):
        send(notice(), ways(f"smtp://ann:p%40ss@localhost:{port}"))
    assert server.mails.empty()


@pytest.mark.usefixtures("certificate")
def test_a_server_that_nobody_vouches_for_gets_nothing(serve: Callable) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server, port = serve(tls_context=context)
    with pytest.raises(DeliveryError, match="certificate"):
        send(notice(), ways(f"smtp://localhost:{port}"))
    assert server.mails.empty()


@pytest.mark.parametrize(("answer", "is_permanent"), [("550 unknown", True), ("451 later", False)])
def test_recipients_that_are_refused_are_told(serve: Callable, answer: str, is_permanent: bool) -> None:
    server, port = serve()
    server.refuse = {"": answer}
    with pytest.raises(DeliveryError, match="refused all recipients") as refused:
        send(notice(), ways(f"smtp://localhost:{port}"))
    assert refused.value.is_permanent is is_permanent


def test_one_that_is_refused_keeps_it_from_nobody_else(serve: Callable) -> None:
    server, port = serve()
    server.refuse = {"bob": "550 unknown"}
    assert send(notice(), ways(f"smtp://localhost:{port}")).said == "taken for all but 1 of 2"
    assert server.mails.get(timeout=10)[0].rcpt_tos == ["ann@example.com"]


def test_a_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(DeliveryError, match="could not be used") as refused:
        send(notice(), ways("smtp://localhost:1"))
    assert not refused.value.is_permanent


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://mail.example.com", Mail("mail.example.com", 587, is_tls=False, sender=SENDER)),
        ("smtps://mail.example.com", Mail("mail.example.com", 465, is_tls=True, sender=SENDER)),
        ("smtp://a%40b:c%3Ad@mail.example.com:25", Mail("mail.example.com", 25, False, SENDER, "a@b", "c:d")),
        ("", None),
    ],
)
def test_a_mail_server_is_read_from_its_setting(address: str, expected: Mail | None) -> None:
    assert read_mail(address, SENDER) == expected


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("http://a", SENDER),
        ("smtp://", SENDER),
        ("smtp://a:x", SENDER),
        ("smtp://u:secret@a:99999", SENDER),
        ("smtp://a", ""),
    ],
)
def test_a_mail_server_that_cannot_be_read_stops_the_start(address: str, sender: str) -> None:
    with pytest.raises(StartError) as refused:
        read_mail(address, sender)
    assert "secret" not in str(refused.value)


def test_a_password_is_not_written_anywhere() -> None:
    assert "c:d" not in repr(read_mail("smtp://a:c%3Ad@mail.example.com", SENDER))


@pytest.mark.parametrize(
    "address", ["", " , ", "ann", "ann@", "ann@example.com,bob", "a b@example.com", "a@x\nBcc: b@y"]
)
def test_what_is_no_address_of_mail_is_refused(address: str) -> None:
    with pytest.raises(BadRequest, match="no addresses of mail"):
        CHANNEL.check(address, ways("smtp://localhost"))
    with pytest.raises(BadRequest, match="no mail server"):
        CHANNEL.check("ann@example.com", ways(""))
    CHANNEL.check("ann@example.com, b+c@example.co.uk", ways("smtp://localhost"))
