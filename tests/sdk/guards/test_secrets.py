from __future__ import annotations

import pytest

from telltale.guards import secrets

# Put together at run time, so that no scanner takes this file for a leak.
BODY = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1" * 3
HITS = [
    ("sk-" + "proj-" + BODY[:40], "openai_key"),
    ("sk-" + BODY[:48], "openai_key"),
    ("sk-" + "ant-api03-" + BODY[:40], "anthropic_key"),
    ("tt_" + BODY[:32], "telltale_key"),
    ("AKIA" + "IOSFODNN7EXAMPLE", "aws_key"),
    ("ghp_" + BODY[:36], "github_token"),
    ("github_pat_" + BODY[:44], "github_token"),
    ("glpat-" + BODY[:20], "gitlab_token"),
    ("xoxb-" + "123456789012-" + BODY[:24], "slack_token"),
    ("AIza" + BODY[:35], "google_key"),
    ("sk_live_" + BODY[:24], "stripe_key"),
    ("hf_" + BODY[:34], "huggingface_token"),
    ("gsk_" + BODY[:52], "groq_key"),
    ("eyJ" + BODY[:20] + ".eyJ" + BODY[:30] + "." + BODY[:43], "jwt"),
]
IN_PLACE = [
    ("api_key=sk-" + "proj-" + BODY[:30] + " now", "api_key=[OPENAI_KEY] now"),
    ("Authorization: Bearer " + BODY[:40], "Authorization: Bearer [BEARER_TOKEN]"),
    ("postgres://app:hunter2@db:5432/x", "postgres://app:[URL_PASSWORD]@db:5432/x"),
    ('password = "c0rrect-horse!"', 'password = "[ASSIGNED_SECRET]"'),
    ("aws_secret_access_key = " + BODY[:40], "aws_secret_access_key = [AWS_SECRET]"),
    (
        "key:\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc+/=\n-----END RSA PRIVATE KEY-----\nend",
        "key:\n[PRIVATE_KEY]\nend",
    ),
    ("-----BEGIN PRIVATE KEY-----\nMIIEcut", "[PRIVATE_KEY]"),
]
MISSES = [
    "4bf92f3577b34da6a3ce929d0e0e4736",  # a W3C trace id
    "trace_id: 4bf92f3577b34da6a3ce929d0e0e4736",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "commit 27c3634f0d5e2b1a9c8d7e6f5a4b3c2d1e0f9a8b",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
    "chatcmpl-ef2d127de37b942baad06145",
    "resp_8527a891e224136950ff32ca",
    "call_wx_001",
    "the task-management-and-planning-tool-for-teams",
    "sk-learn-style-estimators-are-composable-objects",
    "password: required",
    "password=$DB_PASSWORD",
    'api_key = "your-api-key-1"',
    "token: <token-goes-here-1>",
    "http://example.com:8080/path",
    "https://user@example.com/",
    "Bearer of bad news",
    "eyJust kidding",
    "tt_short",
]


@pytest.mark.parametrize(("secret", "label"), HITS)
def test_a_credential_is_found_by_its_kind(secret: str, label: str) -> None:
    text = f"use {secret} please"
    assert [hit.label for hit in secrets.check(text).spans] == [label]
    assert secrets.redact(text) == f"use [{label.upper()}] please"


@pytest.mark.parametrize(("text", "redacted"), IN_PLACE)
def test_only_the_credential_is_taken_out(text: str, redacted: str) -> None:
    assert secrets.redact(text) == redacted


@pytest.mark.parametrize("text", MISSES)
def test_ids_hashes_and_placeholders_are_no_secrets(text: str) -> None:
    assert secrets.redact(text) == text
