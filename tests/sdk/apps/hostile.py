"""Hands every hostile value to every public function, and says what came back changed, raised, or was touched."""

import sys
import time

from hostile_values import cases

import telltale

telltale.init()


@telltale.observe(name="taken")
def taken(value, *_values, **_named):
    return value


@telltale.observe(name="found", kind="retriever")
def found(question):
    return [question]


@telltale.observe(name="given")
def given(value):
    yield value


def hand_over(value):
    """Everything that takes a value, once."""
    assert taken(value, value, named=value) is value
    assert found(value)[0] is value
    assert next(iter(given(value))) is value
    everywhere = telltale.context(session_id=value, user_id=value, tags=[value], metadata={"k": value})
    with everywhere, telltale.span("set") as span:
        span.set(input=value, output=value, documents=[value], metadata={"k": value}, tags=[value], own=value)
        span.set(model=value, listed=[value], documents=value, note="kept")
        span.score("quality", 1, comment=value, label=value)


every = cases()
slowest = ("", 0.0)
for case in every:
    began = time.perf_counter()
    try:
        hand_over(case.value)
    except BaseException as error:  # noqa: BLE001 - whatever it is
        print("raised", case.name, type(error), file=sys.stderr)
    took = time.perf_counter() - began
    slowest = max(slowest, (case.name, took), key=lambda each: each[1])
    if said := case.check():
        print("touched", case.name, said, file=sys.stderr)
    with telltale.span("witness") as witness:
        witness.set(input=case.name)
    telltale.flush(10)

print(len(every), f"{slowest[1]:.2f}", slowest[0])
