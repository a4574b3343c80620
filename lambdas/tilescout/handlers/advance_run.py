"""The workflow's one task: each state names its step, and gets back where the run stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from pydantic import TypeAdapter

from tilescout.handlers import runtime, settings
from tilescout.handlers.run_steps import (
    close_run,
    detect_tiles,
    merge_pages,
    open_run,
    start_model,
    stop_model,
)
from tilescout.handlers.run_steps.context import Edges
from tilescout.runs.records import RunState

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.AdvanceRunSettings)
CONFIGURATION = settings.configuration(SETTINGS.profiles_file)
STATE = TypeAdapter(RunState)
STEPS: dict[str, Callable[[Edges, RunState], RunState]] = {
    "OpenRun": open_run.open_run,
    "StartModel": start_model.start_model,
    "DetectTiles": detect_tiles.detect_tiles,
    "StopModel": stop_model.stop_model,
    "MergePages": merge_pages.merge_pages,
    "CloseRun": close_run.close_run,
}

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The run as it then stands, as plain JSON.

    ``event`` is {"step", "run"}; CloseRun also has "state", with the error that a Catch left, and
    OpenRun the execution's "input", where "at_once" tells that a person does not want to wait.
    """
    step = event["step"]
    state = STATE.validate_python(event["run"])
    logger.append_keys(step=step, model=state.model, token=state.token)
    edges = _edges(_error(event.get("state", {})), bool(event.get("input", {}).get("at_once")))
    advanced = replace(STEPS[step](edges, state), turns=state.turns + 1)
    logger.info("step done", next=advanced.next, wait_seconds=advanced.wait_seconds)
    plain: dict[str, Any] = STATE.dump_python(advanced, mode="json")
    return plain


def _error(state: dict[str, Any]) -> str:
    """What a Catch of the workflow left in its state, as one line."""
    error = state.get("error", {})
    return f"{error.get('Error', '')}: {error.get('Cause', '')[:500]}" if error else ""


def _edges(error: str, at_once: bool) -> Edges:
    return Edges(
        documents=runtime.table(SETTINGS.documents_table),
        ledger=runtime.table(SETTINGS.ledger_table),
        sqs=runtime.sqs(),
        tiles_queue_url=SETTINGS.tiles_queue_url,
        onnx_tiles_queue_url=SETTINGS.onnx_tiles_queue_url,
        merges_queue_url=SETTINGS.merges_queue_url,
        configuration=CONFIGURATION,
        open_rekognition=runtime.model_control,
        now=runtime.now(),
        error=error,
        at_once=at_once,
    )
