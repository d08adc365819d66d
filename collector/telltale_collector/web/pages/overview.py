"""The front page: for now the list of traces."""

from __future__ import annotations

from telltale_collector.web.page import Page
from telltale_collector.web.pages.traces import TraceList, build_list

PAGE = Page(path="/", template="traces.html", context=TraceList, build=build_list)
