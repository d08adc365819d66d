"""Static files: found under an address that names their content, and kept by browsers."""

import re

from collector_process import CollectorProcess

from telltale_collector.web.assets import digest, static


def test_what_a_page_refers_to_is_there_and_may_be_kept_for_ever(collector: CollectorProcess) -> None:
    page = collector.client.get("/traces").text
    paths = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert len(paths) >= 5
    for path in paths:
        answer = collector.client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_address_names_the_content() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", digest())
    assert static("app.css") == f"/static/{digest()}/app.css"


def test_other_files_are_out_of_reach(collector: CollectorProcess) -> None:
    for path in (
        f"/static/{digest()}/%2e%2e/render.py",
        f"/static/{digest()}/",
        "/static/000000000000/app.css",
    ):
        assert collector.client.get(path).status_code == 404
