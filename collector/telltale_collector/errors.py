"""What can go wrong, as a tree.

    TelltaleError                 anything the collector says no to; carries code, message, hint
    ├── BadRequest     400        the sender must change the request
    ├── NotFound       404
    ├── TooLarge       413        also after inflating
    ├── WrongMediaType 415
    ├── Overloaded     503        try again: nothing was kept
    ├── StoreError     503        ClickHouse refused or is out of reach
    └── StartError     exit 2     the collector cannot start; one line says why and what to do

Texts: lower case, what failed, what to do.
"""

from __future__ import annotations


class TelltaleError(Exception):
    """Base of all errors that reach a user.

    Args:
        message: what failed.
        hint: what to do about it; may be empty.
    """

    code = "internal"
    status = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadRequest(TelltaleError):
    code = "bad_request"
    status = 400


class NotFound(TelltaleError):
    code = "not_found"
    status = 404


class TooLarge(TelltaleError):
    code = "too_large"
    status = 413


class WrongMediaType(TelltaleError):
    code = "wrong_media_type"
    status = 415


class Overloaded(TelltaleError):
    code = "overloaded"
    status = 503


class StoreError(TelltaleError):
    """ClickHouse refused or is out of reach.

    Args:
        message: what it said.
        hint: what to do about it; may be empty.
        permanent: the same rows will be refused again, however often they are sent.
    """

    code = "store_unavailable"
    status = 503

    def __init__(self, message: str, hint: str = "", *, permanent: bool = False) -> None:
        super().__init__(message, hint)
        self.permanent = permanent


class StartError(TelltaleError):
    code = "cannot_start"
