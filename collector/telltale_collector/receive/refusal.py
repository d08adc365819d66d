"""Why a request was not taken, as OTLP says it: a ``google.rpc.Status`` with details, over HTTP and gRPC alike."""

from __future__ import annotations

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from telltale_collector.errors import TelltaleError

RETRY_S = 1
"""Later than some seconds, stock exporters give up at once."""

_CODES = {
    400: Code.INVALID_ARGUMENT,
    413: Code.RESOURCE_EXHAUSTED,
    415: Code.INVALID_ARGUMENT,
    503: Code.UNAVAILABLE,
}


def refusal(error: TelltaleError, longest: int) -> Status:
    """The status of a refused request.

    What is wrong with its data goes into BadRequest, when to come back into RetryInfo. Without RetryInfo a client must
    not send the same again, so what is too large has none.

    Args:
        error: why it was refused.
        longest: most bytes of its text.
    """
    text = f"{error.message}; {error.hint}" if error.hint else error.message
    text = text.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore")
    status = Status(code=_CODES.get(error.status, Code.UNKNOWN), message=text)
    if retry := retry_info(error):
        status.details.append(_packed(retry))
    if error.status == 400:
        violation = BadRequest.FieldViolation(field="body", description=text)
        status.details.append(_packed(BadRequest(field_violations=[violation])))
    return status


def retry_info(error: TelltaleError) -> RetryInfo | None:
    """When to send the same again; None: never."""
    return RetryInfo(retry_delay=Duration(seconds=RETRY_S)) if error.status == 503 else None


def _packed(detail: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(detail)
    return packed
