"""Credentials: provider keys, tokens, private keys, passwords in URLs and assignments.

Every pattern needs a mark of its own (a prefix, a name before it). Bare runs of hex digits are ids, not
secrets: trace ids, hashes and commit ids look the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from telltale.guards._model import Guard
from telltale.guards._search import Pattern, find, verdict_on, without

if TYPE_CHECKING:
    from telltale.guards._model import Hit, Verdict

_PLACEHOLDER: Final = re.compile(
    r"^[\[<{$(*]|^(?:your|my|the|example|changeme|none|null|true|false)\b|\.\.\.|^(.)\1+$", re.IGNORECASE
)


def _is_value(text: str) -> bool:
    """An assigned secret mixes letters with digits or signs; a placeholder or a plain word is none."""
    has_letter = any(c.isalpha() for c in text)
    has_other = any(c.isdigit() or c in "!@#$%^&*+/=" for c in text)
    return has_letter and has_other and not _PLACEHOLDER.search(text)


def _mixes(text: str) -> bool:
    """Generated keys have digits; a hyphenated name that starts alike has none."""
    return any(c.isdigit() for c in text)


PATTERNS: Final = (
    Pattern(
        "private_key",
        re.compile(
            r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[A-Za-z0-9+/=\s:,.\\]|-(?!-)){0,8192}"
            r"(?:-----END (?:[A-Z]{2,9} ){0,2}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
        mark="-----BEGIN ",
    ),
    Pattern("jwt", re.compile(r"(?<![\w-])eyJ[\w-]{8,4096}\.eyJ[\w-]{8,8192}\.[\w-]{8,1024}", re.ASCII), mark="eyJ"),
    Pattern("anthropic_key", re.compile(r"\bsk-ant-[A-Za-z0-9_-]{20,256}"), _mixes, mark="sk-ant-"),
    Pattern(
        "openai_key", re.compile(r"\bsk-(?:proj-|svcacct-|admin-|or-v1-|or-)?[A-Za-z0-9_-]{20,256}"), _mixes, mark="sk-"
    ),
    Pattern("telltale_key", re.compile(r"\btt_[A-Za-z0-9_-]{16,128}"), _mixes, mark="tt_"),
    Pattern("aws_key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), mark="IA"),
    Pattern(
        "aws_secret",
        re.compile(r"(?i:aws.{0,20}secret.{0,20}?[=:]\s{0,3}[\"']?)([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"),
    ),
    Pattern(
        "github_token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{40,255})", re.ASCII), mark="_"
    ),
    Pattern("gitlab_token", re.compile(r"\bglpat-[\w-]{20,64}", re.ASCII), mark="glpat-"),
    Pattern("slack_token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,256}"), _mixes, mark="xox"),
    Pattern("google_key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])"), mark="AIza"),
    Pattern("stripe_key", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,256}"), mark="k_"),
    Pattern("huggingface_token", re.compile(r"\bhf_[A-Za-z0-9]{30,64}\b"), mark="hf_"),
    Pattern("groq_key", re.compile(r"\bgsk_[A-Za-z0-9]{40,64}\b"), mark="gsk_"),
    Pattern("bearer_token", re.compile(r"\b[Bb]earer\s{1,3}([A-Za-z0-9._~+/-]{20,4096}={0,2})"), _mixes, mark="earer"),
    Pattern(
        "url_password", re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@]{0,64}:([^\s/@]{3,128})@"), mark="://"
    ),
    Pattern(
        "assigned_secret",
        re.compile(
            r"(?i:password|passwd|passphrase|secret|api[_-]?key|access[_-]?token|auth[_-]?token|passwort|пароль)"
            r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?([^\s\"',;]{8,128})"
        ),
        _is_value,
    ),
)


def hits(text: str) -> tuple[Hit, ...]:
    return find(PATTERNS, text)


def check(text: str) -> Verdict:
    return verdict_on(hits(text))


def redact(text: str) -> str:
    """The text with ``[OPENAI_KEY]`` and the like in place of credentials."""
    return without(text, hits(text))


GUARD = Guard("secrets", check, redact=redact)
