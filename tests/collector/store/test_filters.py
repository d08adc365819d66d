from decimal import Decimal

import pytest

from telltale_collector.errors import BadRequest
from telltale_collector.store.filters import read_filter, span_conditions, trace_conditions


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("0.05", "0.05"),
        ("0.050", "0.05"),
        ("1e3", "1000"),
        ("999999999999.5", "999999999999.5"),
        ("1e-12", "0.000000000001"),
    ],
)
def test_a_least_cost_is_bound_as_it_was_written(text: str, bound: str) -> None:
    where = read_filter({"min_cost_usd": text}, 0)
    assert where.min_cost_usd == Decimal(text)
    assert span_conditions(where).parameters == trace_conditions(where).parameters == {"min_cost_usd": bound}


def test_a_short_text_is_no_long_number() -> None:
    assert span_conditions(read_filter({"min_cost_usd": "1e-999999"}, 0)).parameters == {"min_cost_usd": "0"}


@pytest.mark.parametrize("text", ["free", "-1", "NaN", "inf", "1e12"])
def test_what_is_no_cost_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_filter({"min_cost_usd": text}, 0)
    assert "min_cost_usd=0.05" in refused.value.hint
