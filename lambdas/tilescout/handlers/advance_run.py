"""The workflow's one task: each state names its step, and gets back where the run stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from pydantic import TypeAdapter

from tilescout.handlers import runtime, settings
from tilescout.handlers.run_steps.close_run import close_run
from tilescout.handlers.run_steps.context import StepContext
from tilescout.handlers.run_steps.detect_tiles import detect_tiles
from tilescout.handlers.run_steps.merge_pages import merge_pages
from tilescout.handlers.run_steps.model_steps import start_model, stop_model
from tilescout.handlers.run_steps.open_run import open_run
from tilescout.runs.records import RunState

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SETTINGS = settings.read(settings.AdvanceRunSettings)
CONFIGURATION = settings.configuration(SETTINGS.profiles_file)
STATE = TypeAdapter(RunState)
STEPS: dict[str, Callable[[StepContext], RunState]] = {
    "OpenRun": open_run,
    "StartModel": start_model,
    "DetectTiles": detect_tiles,
    "StopModel": stop_model,
    "MergePages": merge_pages,
    "CloseRun": close_run,
}

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes one step and returns the run as it then stands, as plain JSON.

    ``event`` is {"step", "run"}; CloseRun also has "state", with the error that a Catch left, and
    OpenRun the execution's "input", where "at_once" tells that a person does not want to wait.
    """
    step = event["step"]
    state = STATE.validate_python(event["run"])
    logger.append_keys(step=step, model=state.model, token=state.token)
    advanced = replace(STEPS[step](_step_context(event, state)), turns=state.turns + 1)
    logger.info("step done", next=advanced.next, wait_seconds=advanced.wait_seconds)
    plain: dict[str, Any] = STATE.dump_python(advanced, mode="json")
    return plain


def _step_context(event: dict[str, Any], state: RunState) -> StepContext:
    """Returns what the step starts with: nothing is read yet."""
    return StepContext(
        documents=runtime.table(SETTINGS.documents_table),
        ledger=runtime.table(SETTINGS.ledger_table),
        sqs=runtime.sqs(),
        tiles_queue_url=SETTINGS.tiles_queue_url,
        onnx_tiles_queue_url=SETTINGS.onnx_tiles_queue_url,
        merges_queue_url=SETTINGS.merges_queue_url,
        configuration=CONFIGURATION,
        region=settings.region(),
        open_rekognition=runtime.model_control,
        now=runtime.now(),
        error=_error(event.get("state", {})),
        at_once=bool(event.get("input", {}).get("at_once")),
        state=state,
    )


def _error(state: dict[str, Any]) -> str:
    """Returns what a Catch of the workflow left in its state, as one line."""
    error = state.get("error", {})
    return f"{error.get('Error', '')}: {error.get('Cause', '')[:500]}" if error else ""
