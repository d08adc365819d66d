"""Random trees of asyncio tasks, generators and plain spans: every span has the parent that the code says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

import telltale
from telltale import testing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass
class Node:
    style: str
    children: list[Node] = field(default_factory=list)
    name: str = ""


STYLES = st.sampled_from(["span", "task", "function", "generator"])
TREES = st.recursive(
    st.builds(Node, STYLES), lambda nodes: st.builds(Node, STYLES, st.lists(nodes, max_size=4)), max_leaves=12
)


def _name(node: Node, name: str = "n") -> dict[str, str | None]:
    """Give each node its path as a name; the result maps each name to its parent's."""
    node.name = name
    parents: dict[str, str | None] = {name: name.rpartition(".")[0] or None}
    for index, child in enumerate(node.children):
        parents |= _name(child, f"{name}.{index}")
    return parents


async def _children(node: Node) -> None:
    await asyncio.sleep(0)
    tasks = [asyncio.create_task(_run(child)) for child in node.children if child.style == "task"]
    for child in node.children:
        if child.style != "task":
            await _run(child)
    await asyncio.gather(*tasks)


async def _run(node: Node) -> None:
    if node.style == "generator":

        @telltale.observe(name=node.name)
        async def generate() -> AsyncIterator[int]:
            yield 1
            await _children(node)
            yield 2

        async for _ in generate():
            with telltale.span("consumer"):
                await asyncio.sleep(0)
    elif node.style == "function":

        @telltale.observe(name=node.name)
        async def call() -> None:
            await _children(node)

        await call()
    else:
        async with telltale.span(node.name):
            await _children(node)


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_every_span_has_the_parent_that_the_code_says(tree: Node) -> None:
    expected = _name(tree)
    with testing.capture(instrument=False) as captured:
        asyncio.run(_run(tree))
    spans = [span for span in captured.spans if span["name"] != "consumer"]
    names = {span["span_id"]: span["name"] for span in spans}
    found = {span["name"]: names.get(span["parent_span_id"] or "") for span in spans}
    assert found == expected
