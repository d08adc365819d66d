"""LangChain's callbacks: each run is a step. Imported once LangChain itself is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from langchain_core.callbacks.base import BaseCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config

from telltale import semconv
from telltale._exceeded import BudgetExceeded
from telltale._safely import safely
from telltale._span import Span
from telltale.instruments import _langchain_fields as fields
from telltale.instruments._steps import Step, Steps, is_wanted, keeps_content

if TYPE_CHECKING:
    from collections.abc import Callable

    from telltale._kinds import Kind


def _innermost() -> Any:
    """The run whose code runs here: LangChain keeps it for its own runs, in this task or thread."""
    callbacks = (var_child_runnable_config.get() or {}).get("callbacks")
    return getattr(callbacks, "parent_run_id", None)


STEPS: Final = Steps(_innermost)


class Handler(BaseCallbackHandler):
    """Told of every run of the process, sync or async.

    Args:
        is_free: whether nobody else traces LangChain.
    """

    run_inline = True  # in the run's own task, and in order
    raise_error = True  # nothing comes out of here but a budget's refusal, which is to stop the run

    def __init__(self, is_free: Callable[[], bool]) -> None:
        self._is_free = is_free

    # --- what has an inside of its own
    def on_chain_start(self, serialized: Any, inputs: Any, **run: Any) -> None:
        with safely("begin a LangChain run"):
            name = fields.name_of(serialized, run)
            kind: Kind = "agent" if fields.is_agent(name, run) else "chain"
            if fields.is_hidden(run) and STEPS.hide(run["run_id"], run.get("parent_run_id")):
                return
            self._begin(name, kind, run, given=fields.shown(inputs))

    def on_chain_end(self, outputs: Any, **run: Any) -> None:
        self._end(run, result=lambda: fields.shown(outputs))

    def on_chain_error(self, error: BaseException, **run: Any) -> None:
        self._end(run, error=error)

    def on_tool_start(self, serialized: Any, input_str: str, **run: Any) -> None:
        with safely("begin a LangChain tool"):
            name = fields.name_of(serialized, run)
            given = run.get("inputs") or input_str
            self._begin(name, "tool", run, given=given, **fields.tool_attributes(serialized, run))

    def on_tool_end(self, output: Any, **run: Any) -> None:
        self._end(run, result=lambda: fields.tool_result(output))

    def on_tool_error(self, error: BaseException, **run: Any) -> None:
        self._end(run, error=error)

    # --- leaves
    def on_retriever_start(self, serialized: Any, query: str, **run: Any) -> None:
        with safely("begin a LangChain retriever"):
            self._begin(fields.name_of(serialized, run), "retriever", run, given=query)

    def on_retriever_end(self, documents: Any, **run: Any) -> None:
        self._end(run, result=lambda: [fields.document(found) for found in documents])

    def on_retriever_error(self, error: BaseException, **run: Any) -> None:
        self._end(run, error=error)

    def on_chat_model_start(self, serialized: Any, messages: list[list[Any]], **run: Any) -> None:
        with safely("begin a LangChain model run"):
            self._begin_model("chat", serialized, run, lambda: fields.input_messages(messages))

    def on_llm_start(self, serialized: Any, prompts: list[str], **run: Any) -> None:
        with safely("begin a LangChain model run"):
            self._begin_model("text_completion", serialized, run, lambda: fields.input_prompts(prompts))

    def on_llm_new_token(self, token: Any, **run: Any) -> None:
        """The provider has answered: from the first piece on, the application's own code runs between them."""
        del token
        self._streams(run)

    def on_stream_event(self, event: Any, **run: Any) -> None:
        """The same, of LangChain's newer way to stream."""
        del event
        self._streams(run)

    def on_llm_end(self, response: Any, **run: Any) -> None:
        with safely("end a LangChain run"):
            step = STEPS.take(run["run_id"])
            if step is not None:
                step.leave()
                with safely("read a LangChain model's answer"):
                    step.span.record(fields.answer(response, with_content=keeps_content()))
                step.end()

    def on_llm_error(self, error: BaseException, **run: Any) -> None:
        self._end(run, error=error)

    # --- both
    def _begin_model(self, operation: str, serialized: Any, run: Any, content: Callable[[], dict[str, Any]]) -> None:
        attributes = {semconv.OPERATION: operation, **fields.request(run, with_content=keeps_content())}
        if keeps_content():
            attributes |= content()
        model = attributes.get(semconv.REQUEST_MODEL)
        name = f"{operation} {model}" if model else fields.name_of(serialized, run)
        self._begin(name, "llm", run, **attributes)

    def _begin(self, name: str, kind: Kind, run: Any, *, given: Any = None, **attributes: Any) -> None:
        if not is_wanted() or not self._is_free():
            return
        key, parent = run["run_id"], run.get("parent_run_id")
        attributes |= fields.application(run, is_root=STEPS.find(parent) is None, with_content=keeps_content())
        step = _start_of(kind, run)(key, parent, Span(name, kind, attributes))
        try:
            step.span.set(input=given)
        except BudgetExceeded as error:
            self._end(run, error=error)
            raise

    def _end(self, run: Any, *, result: Callable[[], Any] | None = None, error: BaseException | None = None) -> None:
        with safely("end a LangChain run"):
            step = STEPS.take(run["run_id"])
            if step is None:
                return
            step.leave()
            if result is not None and keeps_content():
                with safely("read a LangChain run's result"):
                    step.span.set(output=result())
            step.end(None if error is None or fields.is_control_flow(error) else error)

    def _streams(self, run: Any) -> None:
        with safely("note a LangChain model's first answer"):
            step = STEPS.find(run["run_id"])
            if step is not None:
                step.answers()


def _start_of(kind: Kind, run: Any) -> Callable[..., Step]:
    if kind in {"chain", "agent", "tool"}:
        return STEPS.begin
    # Of a model that is asked several things at once, all runs begin before the first one's code is entered.
    return STEPS.begin_outside if run.get("batch_size", 1) > 1 else STEPS.begin_leaf
