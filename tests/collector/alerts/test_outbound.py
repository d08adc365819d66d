"""Requests to the outside: to checked addresses alone, within bounds of time and size."""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from alert_inbox import Inbox, Reply

from telltale_collector.alerts import outbound as module
from telltale_collector.alerts.address import read_networks
from telltale_collector.alerts.outbound import MOST_BYTES, DeliveryError, Outbound
from telltale_collector.errors import BadRequest

LOOPBACK = read_networks("127.0.0.0/8")
PUBLIC = "93.184.216.34"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


def name_of(inbox: Inbox, host: str = "hooks.example.com") -> str:
    return f"http://{host}:{inbox.port}/hook?a=b"


def resolves_to(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda *_: list(addresses)


def post(outbound: Outbound, address: str, **options: bool) -> module.Answer:
    return outbound.post(address, b'{"a": 1}', {"Content-Type": "application/json"}, **options)


def test_the_checked_address_is_connected_to_under_the_hosts_name(inbox: Inbox) -> None:
    answer = post(Outbound(LOOPBACK, resolves_to("127.0.0.1")), name_of(inbox))
    assert (answer.status, answer.said) == (200, "ok")
    came = inbox.next()
    assert (came.path, came.json) == ("/hook?a=b", {"a": 1})
    assert came.headers["host"] == f"hooks.example.com:{inbox.port}"
    assert came.headers["content-type"] == "application/json"


def test_a_name_that_leads_elsewhere_after_it_was_saved_is_not_followed(inbox: Inbox) -> None:
    leads_to = [PUBLIC]
    outbound = Outbound((), lambda *_: list(leads_to))
    outbound.check(name_of(inbox))
    leads_to[:] = ["127.0.0.1"]
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1, which is not a public address") as refused:
        post(outbound, name_of(inbox))
    assert refused.value.is_permanent
    assert inbox.rest() == []


def test_a_name_is_looked_up_once_for_each_request(inbox: Inbox) -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    outbound = Outbound(LOOPBACK, lambda *_: answers.pop(0))
    post(outbound, name_of(inbox))
    assert len(answers) == 1
    with pytest.raises(DeliveryError, match="not a public address"):
        post(outbound, name_of(inbox))
    assert len(inbox.rest()) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:7f00:1]"])
def test_loopback_is_refused_at_save_and_at_connect_however_it_is_written(inbox: Inbox, host: str) -> None:
    outbound = Outbound()
    with pytest.raises(BadRequest, match="not a public address"):
        outbound.check(name_of(inbox, host))
    with pytest.raises(DeliveryError, match="not a public address"):
        post(outbound, name_of(inbox, host))
    assert inbox.rest() == []


def test_the_operators_own_receivers_may_be_private(inbox: Inbox) -> None:
    assert post(Outbound(), f"{inbox.url}/x", is_trusted=True).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(inbox: Inbox, status: int) -> None:
    elsewhere = Inbox()
    inbox.replies.put(Reply(status, {"Location": f"{elsewhere.url}/secret"}))
    with pytest.raises(DeliveryError, match="redirects are not followed") as refused:
        post(Outbound(LOOPBACK), inbox.url)
    assert refused.value.is_permanent
    assert (len(inbox.rest()), elsewhere.rest()) == (1, [])
    elsewhere.close()


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [(400, True), (401, True), (404, True), (410, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_what_the_answer_says_decides_how_it_goes_on(inbox: Inbox, status: int, is_permanent: bool) -> None:
    inbox.replies.put(Reply(status, {"Retry-After": "7"}, b"no\n such hook"))
    with pytest.raises(DeliveryError, match=f"{status}: no such hook") as refused:
        post(Outbound(LOOPBACK), inbox.url)
    assert (refused.value.is_permanent, refused.value.retry_after_s) == (is_permanent, 7)


@pytest.mark.parametrize(("text", "seconds"), [("", 0), ("x", 0), ("-1", 0), ("99999", 600), ("9" * 400, 0)])
def test_nobody_may_ask_for_more_than_ten_minutes(inbox: Inbox, text: str, seconds: float) -> None:
    inbox.replies.put(Reply(503, {"Retry-After": text}))
    with pytest.raises(DeliveryError) as refused:
        post(Outbound(LOOPBACK), inbox.url)
    assert refused.value.retry_after_s == seconds


def test_of_an_answer_only_so_much_is_read(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = []
    read = http.client.HTTPResponse.read
    monkeypatch.setattr(http.client.HTTPResponse, "read", lambda self, amt: amounts.append(amt) or read(self, amt))
    inbox.replies.put(Reply(200, body=b"y" * (4 * MOST_BYTES)))
    assert post(Outbound(LOOPBACK), inbox.url).said == "y" * 200
    assert amounts == [MOST_BYTES]


def test_who_never_answers_is_cut_off(inbox: Inbox) -> None:
    silent = threading.Event()
    inbox.replies.put(Reply(hold=silent))
    with pytest.raises(DeliveryError, match="could not be reached"):
        post(Outbound(LOOPBACK, timeout_s=0.2), inbox.url)
    silent.set()


def test_an_answer_that_drips_is_cut_off_as_a_whole() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not ended.wait(0.02):
                try:
                    connection.sendall(b"X-A: b\r\n")
                except OSError:
                    return

    dripping = threading.Thread(target=drip)
    dripping.start()
    with pytest.raises(DeliveryError, match="could not be reached"):
        post(Outbound(LOOPBACK, timeout_s=0.5), f"http://127.0.0.1:{listener.getsockname()[1]}/")
    ended.set()
    dripping.join(timeout=10)
    listener.close()


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 9999 x\r\n\r\n"])
def test_what_is_no_answer_is_told_as_one_error(said: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(said)

    answering = threading.Thread(target=answer)
    answering.start()
    with pytest.raises(DeliveryError):
        post(Outbound(LOOPBACK, timeout_s=5), f"http://127.0.0.1:{listener.getsockname()[1]}/")
    answering.join(timeout=10)
    listener.close()


def test_the_next_address_is_tried_where_one_does_not_answer(inbox: Inbox) -> None:
    assert post(Outbound(LOOPBACK, resolves_to("127.0.0.2", "127.0.0.1")), name_of(inbox)).status == 200


def test_a_name_without_address_is_refused_at_save_and_tried_again_at_connect() -> None:
    def fails(*_: object) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(BadRequest, match="cannot be found"):
        Outbound((), fails).check("http://nowhere.example/")
    with pytest.raises(DeliveryError, match="cannot be found") as refused:
        post(Outbound((), fails), "http://nowhere.example/")
    assert not refused.value.is_permanent


def test_the_end_cuts_what_is_under_way(inbox: Inbox) -> None:
    held = threading.Event()
    inbox.replies.put(Reply(hold=held))
    outbound, failed = Outbound(LOOPBACK), []

    def send() -> None:
        try:
            post(outbound, inbox.url)
        except DeliveryError as error:
            failed.append(error)

    sending = threading.Thread(target=send)
    sending.start()
    inbox.next()
    outbound.end()
    sending.join(timeout=10)
    held.set()
    assert not sending.is_alive()
    assert len(failed) == 1
    with pytest.raises(DeliveryError):
        post(outbound, inbox.url)


@pytest.fixture
def tls(inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """The inbox speaks TLS, as ``hooks.example.com``, with a certificate of an authority that is trusted."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.example.com").configure_cert(context)
    inbox.server.speak_tls(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    module._tls.cache_clear()
    yield inbox
    module._tls.cache_clear()


def test_a_certificate_is_that_of_the_name_not_of_the_address(tls: Inbox) -> None:
    outbound = Outbound(LOOPBACK, resolves_to("127.0.0.1"))
    assert post(outbound, f"https://hooks.example.com:{tls.port}/x").status == 200
    assert tls.next().path == "/x"
    with pytest.raises(DeliveryError, match="certificate"):
        post(outbound, f"https://other.example.com:{tls.port}/x")
    assert tls.rest() == []


def test_an_address_that_never_answers_leaves_time_for_the_next(inbox: Inbox) -> None:
    with ExitStack() as opened:
        full = opened.enter_context(socket.create_server(("127.0.0.2", inbox.port), backlog=0))
        for _ in range(4):  # more than it takes: the next one's connection hangs
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        outbound = Outbound(LOOPBACK, resolves_to("127.0.0.2", "127.0.0.1"), timeout_s=3)
        assert post(outbound, name_of(inbox)).status == 200


@pytest.mark.parametrize(("others", "is_reached"), [(3, True), (4, False)])
def test_four_addresses_are_tried(inbox: Inbox, others: int, is_reached: bool) -> None:
    addresses = [*(f"127.0.0.{at + 2}" for at in range(others)), "127.0.0.1"]
    outbound = Outbound(LOOPBACK, resolves_to(*addresses))
    if not is_reached:
        with pytest.raises(DeliveryError, match="could not be reached"):
            post(outbound, name_of(inbox))
    else:
        post(outbound, name_of(inbox))
    assert len(inbox.rest()) == is_reached
