"""Calls that another instrumentation traces are left to it, others are traced once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import openai
import pytest
from foreign_wrapper import wrapped_by_another
from openai.resources.chat.completions import Completions

from telltale import instruments
from telltale.instruments import _elsewhere

if TYPE_CHECKING:
    from telltale.testing import Captured

QUESTION: Any = [{"role": "user", "content": "?"}]


@pytest.fixture(autouse=True)
def _forget_warnings() -> None:
    _elsewhere.told.clear()


def _ask(server: Any) -> None:
    server.chat()
    with openai.OpenAI(base_url=server.url, api_key="k") as client:
        client.chat.completions.create(model="m", messages=QUESTION)


def test_a_method_that_another_instrumentation_wraps_later_is_left_to_it(
    captured: Captured, openai_server: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Completions, "create", wrapped_by_another(Completions.create))
    _ask(openai_server)
    _ask(openai_server)
    assert captured.spans == []
    assert [r.levelno for r in caplog.records if r.name == "telltale"] == [logging.WARNING]
    assert "some.other.instrumentation" in caplog.text


def test_a_client_whose_requests_another_instrumentation_traces_is_left_to_it(
    captured: Captured, openai_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai.OpenAI, "request", wrapped_by_another(openai.OpenAI.request), raising=False)
    _ask(openai_server)
    assert captured.spans == []


class _Proxy:
    """A wrapper that gives itself out as a function, as wrapt's do."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._wrapped)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def __get__(self, instance: Any, owner: type) -> Any:
        return self._wrapped.__get__(instance, owner)


@pytest.mark.parametrize(("owner", "name"), [(openai.OpenAI, "request"), (Completions, "create")])
def test_a_wrapper_that_looks_like_the_original_is_seen_through(
    captured: Captured, openai_server: Any, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    monkeypatch.setattr(owner, name, _Proxy(getattr(owner, name)), raising=False)
    _ask(openai_server)
    assert captured.spans == []


def test_an_applications_own_client_class_is_traced(captured: Captured, openai_server: Any) -> None:
    class Patient(openai.OpenAI):
        def request(self, *args: Any, **kwargs: Any) -> Any:
            return super().request(*args, **kwargs)

    openai_server.chat()
    with Patient(base_url=openai_server.url, api_key="k") as client:
        client.chat.completions.create(model="m", messages=QUESTION)
    assert len(captured.spans) == 1


def test_one_client_that_another_instrumentation_has_wrapped_is_left_to_it(
    captured: Captured, openai_server: Any
) -> None:
    openai_server.chat()
    with openai.OpenAI(base_url=openai_server.url, api_key="k") as client:
        client.chat.completions.create = wrapped_by_another(client.chat.completions.create)  # type: ignore[method-assign]
        client.chat.completions.create(model="m", messages=QUESTION)
    assert captured.spans == []
    _ask(openai_server)
    assert len(captured.spans) == 1


def test_a_method_that_is_wrapped_already_stays_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = wrapped_by_another(Completions.create.__wrapped__)  # type: ignore[attr-defined]
    monkeypatch.setattr(Completions, "create", theirs)
    instruments.install(["openai"])
    assert Completions.__dict__["create"] is theirs


def test_instrumenting_twice_wraps_once(captured: Captured, openai_server: Any) -> None:
    instruments.install(True)
    _ask(openai_server)
    assert len(captured.spans) == 1


def test_a_subclass_that_calls_the_original_is_traced_once(captured: Captured, openai_server: Any) -> None:
    class Loud(Completions):
        def create(self, **kwargs: Any) -> Any:
            return super().create(**kwargs)

    openai_server.chat()
    with openai.OpenAI(base_url=openai_server.url, api_key="k") as client:
        Loud(client).create(model="m", messages=QUESTION)
    assert len(captured.spans) == 1


def test_an_unknown_library_is_named_once_with_those_that_exist(caplog: pytest.LogCaptureFixture) -> None:
    instruments.install(["opnai"])
    assert f"no instrument 'opnai'; use {', '.join(instruments.discover())}" in caplog.text
