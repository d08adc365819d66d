"""Arrays, frames and models of the libraries that applications use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pydantic

from hostile_values.case import Case, Refusal, refuse


class Model(pydantic.BaseModel):
    name: str
    inner: Any = None


class RudeModel(pydantic.BaseModel):
    name: str = "x"

    @pydantic.field_serializer("name")
    def _serialize(self, _: str) -> str:
        raise Refusal


def of_libraries() -> Iterator[Case]:
    yield Case("array of floats", np.zeros((1000, 1000)))
    yield Case("array of objects", np.array([object(), type("R", (), {"__repr__": refuse})()], dtype=object))
    yield Case("structured array", np.zeros(3, dtype=[("a", "i4"), ("b", "f8")]))
    yield Case("numpy scalar", np.float64("nan"))
    yield Case("numpy int", np.int64(7))
    yield Case("numpy bool", np.bool_(1))
    yield Case("numpy text", np.str_("a"))
    yield Case("numpy time", np.datetime64("NaT"))
    yield Case("frame", pd.DataFrame({"a": range(10_000)}))
    yield Case("empty frame", pd.DataFrame())
    yield Case("series", pd.Series(["a", None]))
    yield Case("index", pd.Index([1, 2]))
    yield Case("missing time", pd.NaT)
    yield Case("missing value", pd.NA)
    frame = pd.DataFrame({"a": [1]})
    yield Case("frame in a list", [frame], lambda: "" if frame.equals(pd.DataFrame({"a": [1]})) else "was changed")
    yield Case("model", Model(name="a"))
    yield Case("model with a strange field", Model(name="a", inner=object()))
    knot = Model(name="a")
    knot.inner = knot
    yield Case("model in itself", knot)
    yield Case("model that cannot be dumped", RudeModel())
    yield Case("model without validation", Model.model_construct(name=object()))
    yield Case("a model's class", Model)
