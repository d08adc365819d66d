"""Made-up requests after the OpenAPI document: no answer is a 5xx, each is one that the document promises."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import otlp
import pytest
import requests
import schemathesis
from collector_process import CollectorProcess
from figures import FigureRecorder
from hypothesis import HealthCheck, Phase, Verbosity
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

REQUESTS = int(os.environ.get("TELLTALE_API_REQUESTS", "1000"))
STEPS = 10
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
"""Whether a value that the document cannot describe (a cursor, a fraction of a second) is refused is not asked."""

SHARES = {GenerationMode.POSITIVE: 0.45, GenerationMode.NEGATIVE: 0.3, "stateful": 0.25}
DETERMINED = hypothesis.settings(
    deadline=None,
    database=None,
    derandomize=False,
    phases=[Phase.generate],
    verbosity=Verbosity.normal,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """A collector that has something of everything to answer with."""
    running = CollectorProcess(tmp_path_factory.mktemp("openapi") / "data").start()
    for number in range(50):
        spans = [otlp.llm_span(session_id=f"s{number % 5}"), otlp.span("tool")]
        assert running.send(otlp.traces_body(*spans)).status_code == 200
    running.settle()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def seed() -> int:
    drawn = int(os.environ.get("TELLTALE_SEED", random.randrange(2**32)))
    print(f"TELLTALE_SEED={drawn} TELLTALE_API_REQUESTS={REQUESTS}")
    return drawn


class Caller:
    """Sends cases, keeps what each answer has to say for itself."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.faults: dict[str, str] = {}
        self.session = requests.Session()

    def call(self, case: schemathesis.Case) -> schemathesis.Response:
        # sent by hand: urllib3-future, which the Grafana client brings, is not what the library's own transport expects
        sent = self.session.request(**case.as_transport_kwargs(), timeout=30)
        response = schemathesis.Response.from_requests(sent, verify=True)
        self.statuses[response.status_code] += 1
        return response

    def check(self, response: schemathesis.Response, case: schemathesis.Case) -> None:
        """Every kind of fault is kept once for each operation, with the request that shows it."""
        try:
            case.validate_response(response, checks=CHECKS)
        except (schemathesis.core.failures.FailureGroup, schemathesis.core.failures.Failure) as found:
            faults = getattr(found, "exceptions", [found])
            for fault in faults:
                self.faults.setdefault(
                    f"{case.method} {case.path}: {fault.title}", f"{fault}\n{case.as_curl_command()}"
                )

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    @property
    def broken(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


@pytest.fixture
def caller(record_figure: FigureRecorder, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """What it sends is judged at the end."""
    made = Caller()
    yield made
    made.session.close()
    kind = request.node.name.removeprefix("test_").replace("_", " ")
    print(dict(made.statuses), *made.faults.values(), sep="\n")
    record_figure(f"{kind}: requests", made.requests)
    record_figure(f"{kind}: answers with 5xx", made.broken, "0")
    record_figure(f"{kind}: kinds of answers that the document does not promise", len(made.faults), "0")


def operations_of(url: str) -> list[Any]:
    """Of the document that the collector serves."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    return [found.ok() for found in schema.get_all_operations()]


def ask(operation: Any, mode: GenerationMode, examples: int, seed: int, caller: Caller) -> None:
    """So many requests to one operation."""

    @hypothesis.seed(seed)
    @hypothesis.settings(DETERMINED, max_examples=examples)
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        caller.check(caller.call(case), case)

    send()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as described", "otherwise"])
def test_made_up_requests(filled: CollectorProcess, caller: Caller, seed: int, mode: GenerationMode) -> None:
    """After the document, and against it."""
    operations = operations_of(filled.url)
    for operation in operations:
        try:
            ask(operation, mode, max(1, int(REQUESTS * SHARES[mode]) // len(operations)), seed, caller)
        except hypothesis.errors.Unsatisfiable:  # nothing can be wrong with a request that takes nothing
            assert mode is GenerationMode.NEGATIVE
    assert caller.broken == 0
    assert caller.faults == {}
    assert 200 in caller.statuses


def test_requests_that_follow_from_answers(filled: CollectorProcess, caller: Caller, seed: int) -> None:
    """Stateful: what an answer links to is asked next."""
    schema = schemathesis.openapi.from_url(f"{filled.url}/openapi.json")

    @hypothesis.seed(seed)
    class Machine(schema.as_state_machine()):
        def call(self, case: schemathesis.Case, **_options: Any) -> schemathesis.Response:
            return caller.call(case)

        def validate_response(self, response: schemathesis.Response, case: schemathesis.Case, **_options: Any) -> None:
            caller.check(response, case)

    runs = max(1, int(REQUESTS * SHARES["stateful"]) // STEPS)
    Machine.run(settings=hypothesis.settings(DETERMINED, max_examples=runs, stateful_step_count=STEPS))
    assert caller.broken == 0
    assert caller.faults == {}
    assert 200 in caller.statuses


def test_an_answer_that_the_document_does_not_promise_is_seen(filled: CollectorProcess) -> None:
    """The judge itself: a document that says something else of an answer."""
    document = filled.get("/openapi.json")
    promised = document["paths"]["/api/v1/stats"]["get"]["responses"]
    promised["200"]["content"]["application/json"]["schema"]["properties"]["spans"] = {"type": "string"}
    document["paths"]["/api/v1/traces"]["get"]["responses"] = {"418": {"description": "never"}}
    caller = Caller()
    for path in ("/api/v1/stats", "/api/v1/traces"):
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=filled.url)
        ask(schema[path]["GET"], GenerationMode.POSITIVE, 1, 1, caller)
    assert len(caller.faults) == 2
    caller.session.close()
