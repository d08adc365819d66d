from telltale_collector.web import urls


def test_what_comes_from_outside_cannot_leave_its_place_in_an_address() -> None:
    assert urls.trace("../../evil?x#y") == "/traces/..%2F..%2Fevil%3Fx%23y"
    assert urls.span("javascript:alert(1)&full=1") == "?span=javascript%3Aalert%281%29%26full%3D1"
    assert urls.traces({"user_id": "//evil.example"}) == "/traces?user_id=%2F%2Fevil.example"


def test_addresses_without_parameters_are_plain() -> None:
    assert urls.traces() == "/traces"
    assert urls.span("a1", full=True) == "?span=a1&full=1"
    assert urls.span_pane("b2") == "/fragments/traces/b2"
