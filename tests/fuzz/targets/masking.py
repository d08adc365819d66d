"""Texts on their way out of an application: searched for personal data and secrets, never raising, never slow."""

import itertools

from fuzz_target import Target
from mutators import BytesForm

from telltale import semconv
from telltale._masking import Policy
from telltale.guards import pii, secrets

_MASKED = Policy("masked")


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for guard in (pii, secrets):
        hits = guard.hits(text)
        assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
        assert all(first.end <= second.start for first, second in itertools.pairwise(hits))
    masked = _MASKED.attributes({semconv.INPUT_VALUE: text})[semconv.INPUT_VALUE]
    assert isinstance(masked, str)
    masked.encode()


TARGET = Target(check, BytesForm, longest=512)
