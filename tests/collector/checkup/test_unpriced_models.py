"""Models without a price are found, with a row for the price file."""

import pytest
import yaml
from faulty_calls import UNCOUNTED, WORDLESS

from telltale_collector.enrich import load_user_prices
from telltale_collector.errors import StartError

HOME_MADE = {"gen_ai.request.model": "home-made:7b", "gen_ai.response.model": "home-made:7b"}


def test_an_unpriced_model_comes_with_its_tokens_and_a_row_for_the_price_file(patient, healthy_call, tmp_path) -> None:
    patient.add(healthy_call(HOME_MADE), healthy_call(HOME_MADE), healthy_call())
    found = patient.faults()["unpriced_models"]
    assert (found.count, found.looked_at) == (2, 3)
    (group,) = found.groups
    assert group.told_by == {
        "provider": "openai",
        "model": "home-made:7b",
        "without_usage": 0,
        "input_tokens": 2000,
        "output_tokens": 200,
    }
    (row,) = yaml.safe_load(f"prices:\n{found.mend}\n")["prices"]
    assert (row["model"], row["provider"]) == ("home-made:7b", "openai")
    path = tmp_path / "prices.yaml"
    path.write_text(f"prices:\n{found.mend}\n")
    with pytest.raises(StartError, match="not a number"):  # pasted without a price it is refused, never taken as $0
        load_user_prices(path)
    path.write_text(f"prices:\n{found.mend.replace('PRICE', '0.5')}\n")
    assert len(load_user_prices(path).rows) == 1


def test_rows_of_several_models_are_pasted_together(patient, healthy_call) -> None:
    for name in ("one", 'two "quoted": #3'):
        patient.add(healthy_call({"gen_ai.request.model": name, "gen_ai.response.model": name}))
    mend = patient.faults()["unpriced_models"].mend
    rows = yaml.safe_load(f"prices:\n{mend}\n")["prices"]
    assert {row["model"] for row in rows} == {"one", 'two "quoted": #3'}


def test_where_the_tokens_are_missing_no_price_is_asked_for(patient, healthy_call) -> None:
    patient.add(healthy_call({**WORDLESS, **UNCOUNTED}))
    (group,) = patient.faults()["unpriced_models"].groups
    assert group.told_by["without_usage"] == 1
    assert group.mend.startswith("# no price would help")
