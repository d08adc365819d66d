"""HTTP to the outside: to checked addresses only, nowhere else by a redirect or a second look at DNS, not for long."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from telltale_collector.alerts.address import Network, Resolve, Url, checked_addresses, read_url, resolved
from telltale_collector.errors import BadRequest

MOST_BYTES = 64 << 10
"""So much of an answer is read."""

_MOST_ADDRESSES = 4
"""Of a host are tried."""

_MOST_SAID = 200
_LONGEST_WAIT_S = 600
_AGAIN = {408, 425, 429}


class DeliveryError(Exception):
    """A receiver did not take a message.

    Args:
        message: why.
        is_permanent: the same message would be refused again: only another address or setting helps.
        retry_after_s: how long the receiver wants to be left alone.
    """

    def __init__(self, message: str, *, is_permanent: bool = False, retry_after_s: float = 0) -> None:
        super().__init__(message)
        self.message = message
        self.is_permanent = is_permanent
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the beginning of the body as one line."""

    status: int
    said: str


class Outbound:
    """Sends POST requests, from many threads.

    Args:
        networks: where alerts may go besides public addresses.
        resolve: the one place where names become addresses.
        timeout_s: for a whole request, from connecting to the end of its answer.
    """

    def __init__(self, networks: Sequence[Network] = (), resolve: Resolve = resolved, timeout_s: float = 15) -> None:
        self._networks = networks
        self._resolve = resolve
        self._timeout_s = timeout_s
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._is_ended = False

    def check(self, address: str) -> None:
        """Refuse a URL that alerts may not go to.

        Raises:
            BadRequest: with the reason.
        """
        url = read_url(address)
        try:
            checked_addresses(url, self._networks, self._resolve)
        except (OSError, UnicodeError) as error:
            raise BadRequest(
                f"the host {url.host[:100]} cannot be found: {_reason(error)}", "check how it is written"
            ) from error

    def post(self, address: str, body: bytes, headers: Mapping[str, str], *, is_trusted: bool = False) -> Answer:
        """Send a body, and read what comes back.

        Args:
            address: a URL.
            body: of the request.
            headers: beside ``Host`` and ``Content-Length``.
            is_trusted: it is the operator's own, and may be a private one.

        Raises:
            DeliveryError: the receiver could not be reached, or did not say 2xx.
        """
        url, addresses = self._addresses(address, is_trusted=is_trusted)
        try:
            with self._connected(url, addresses) as connection:
                connection.request("POST", url.target, body, {"Host": url.authority, **headers})
                with connection.getresponse() as response:
                    said = " ".join(response.read(MOST_BYTES).decode("utf-8", "replace").split())[:_MOST_SAID]
                connection.check_time()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DeliveryError(f"{url.host} could not be reached: {_reason(error)}") from error
        if not 200 <= response.status < 300:
            raise _refusal(response, said)
        return Answer(response.status, said)

    def end(self) -> None:
        """Cut what is under way; nothing more is sent."""
        with self._guard:
            self._is_ended = True
            for each in self._open:
                _cut(each)

    def _addresses(self, address: str, *, is_trusted: bool) -> tuple[Url, Sequence[str]]:
        """Looked up once: these are what is connected to."""
        try:
            url = read_url(address)
            if is_trusted:
                return url, self._resolve(url.host, url.port)
            return url, checked_addresses(url, self._networks, self._resolve)
        except BadRequest as error:
            raise DeliveryError(error.message, is_permanent=True) from error
        except (OSError, UnicodeError) as error:
            raise DeliveryError(f"the host cannot be found: {_reason(error)}") from error

    @contextmanager
    def _connected(self, url: Url, addresses: Sequence[str]) -> Iterator[_Pinned]:
        connection = _Pinned(url, addresses, self._timeout_s, self._watch)
        deadline = threading.Timer(self._timeout_s, connection.cut)
        deadline.daemon = True
        deadline.start()
        try:
            yield connection
        finally:
            deadline.cancel()
            with self._guard:
                self._open.discard(connection.raw)
            connection.close()

    def _watch(self, opened: socket.socket) -> None:
        with self._guard:
            if self._is_ended:
                _cut(opened)
            self._open.add(opened)


class _Pinned(http.client.HTTPConnection):
    """A connection to addresses that are known already; name and certificate stay the host's."""

    def __init__(
        self, url: Url, addresses: Sequence[str], timeout_s: float, watch: Callable[[socket.socket], None]
    ) -> None:
        super().__init__(url.host, url.port, timeout=timeout_s)
        self._url = url
        self._addresses = addresses[:_MOST_ADDRESSES]
        self._until = time.monotonic() + timeout_s
        self._watch = watch
        self._is_late = False
        self.raw = socket.socket()

    def connect(self) -> None:
        opened = self._reached()
        self.raw.close()
        self.raw = opened
        self.check_time()  # it was cut while there was nothing to cut
        self._watch(opened)
        if self._url.scheme == "https":
            opened = self.raw = _tls().wrap_socket(opened, server_hostname=self._url.host)
            self._watch(opened)
        self.sock = opened

    def cut(self) -> None:
        """The time is up."""
        self._is_late = True
        _cut(self.raw)

    def check_time(self) -> None:
        """What was cut looks like an answer that ended.

        Raises:
            TimeoutError: it was.
        """
        if self._is_late:
            raise TimeoutError("it took too long to answer")

    def close(self) -> None:
        super().close()
        self.raw.close()

    def _reached(self) -> socket.socket:
        """The first address that answers; what is left of the time is for all that are left."""
        failed: OSError = OSError("it has no address")
        for left, address in zip(range(len(self._addresses), 0, -1), self._addresses, strict=True):
            share_s = (self._until - time.monotonic()) / left
            if share_s <= 0:
                break
            try:
                opened = socket.create_connection((address, self._url.port), share_s)
            except OSError as error:
                failed = error
                continue
            opened.settimeout(self.timeout)
            return opened
        raise failed


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _cut(opened: socket.socket) -> None:
    """Under TLS, too: what waits for it in another thread is told."""
    try:
        socket.socket.shutdown(opened, socket.SHUT_RDWR)
    except OSError:  # it is not connected any more
        return


def _refusal(response: http.client.HTTPResponse, said: str) -> DeliveryError:
    status = response.status
    what = f"it answered {status}{f': {said}' if said else ''}"
    if 300 <= status < 400:
        return DeliveryError(f"{what}; redirects are not followed", is_permanent=True)
    is_permanent = 400 <= status < 500 and status not in _AGAIN
    return DeliveryError(what, is_permanent=is_permanent, retry_after_s=_retry_after(response))


def _retry_after(response: http.client.HTTPResponse) -> float:
    """Seconds; a date is not worth a clock's doubt."""
    text = response.headers.get("Retry-After", "").strip()
    return min(_LONGEST_WAIT_S, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0


def _reason(error: Exception) -> str:
    """In few words; of a system's error its text."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(str(text).split())[:_MOST_SAID] or type(error).__name__
