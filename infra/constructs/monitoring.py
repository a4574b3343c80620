"""Watches everything that costs money or loses work unseen."""

from __future__ import annotations

from enum import StrEnum

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config.stack_config import Config
from infra.constructs.alarms import Alarms
from infra.constructs.function_specs import service_name
from infra.constructs.functions import Functions

FIVE_MINUTES = Duration.minutes(5)
MAX_IDLE = Duration.minutes(15)
"""A model that answers nothing for longer costs money for nothing."""

AN_HOUR = 60
"""Minutes in a row in which a model is up before anybody is told that it is not Tilescout's."""
PASSING_ERRORS = 3
"""Errors of a work function in five minutes that are no alarm: a retry mends them."""


class GuardMetric(StrEnum):
    """Names of the guard's metrics, which it writes while they are not 0: others cost nothing."""

    MODEL_UP = "ModelUpSeconds"
    MODEL_IDLE = "ModelIdleSeconds"
    UNMANAGED_MODELS = "UnmanagedModelsRunning"
    DOCUMENTS_HELD = "DocumentsHeld"
    OLDEST_DUE = "OldestDueSeconds"


def guard_metric(
    name: GuardMetric, namespace: str, *, statistic: str = "Maximum", period: Duration | None = None
) -> cloudwatch.Metric:
    """Returns the metric as Powertools writes it into the guard's log, by default by the minute."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map={"service": service_name("guard")},
        statistic=statistic,
        period=period or Duration.minutes(1),
    )


class Monitoring(Construct):
    """Alarms on dead letters, runs, models, the guard's heartbeat and the control functions."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        functions: Functions,
        state_machine: sfn.StateMachine,
        config: Config,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, id_)
        self._namespace = config.settings.name
        self._alarms = Alarms(self, "Alarms", email=config.settings.alarm_email, key=key)
        self.topic = self._alarms.topic
        self._watch_dead_letters(functions.by_name["collect_dead_letters"].function)
        self._watch_runs(state_machine)
        self._watch_models(Duration.minutes(config.longest_run_minutes()))
        self._watch_documents(Duration.hours(config.settings.oldest_due_hours))
        if config.has_versions():
            self._tell_of_drift(state_machine)
        self._watch_control_functions(functions)
        self._watch_work_functions(functions)
        self._watch_throttles()

    def _watch_control_functions(self, functions: Functions) -> None:
        guard = functions.by_name["guard"].function
        self._alarms.silent(
            "GuardHeartbeat",
            guard.metric_invocations(period=Duration.minutes(1), statistic="Sum"),
            "The guard does not run: nothing would stop a forgotten model, billed by the hour.",
            periods=5,
        )
        for name, title in (("advance_run", "AdvanceRunErrors"), ("guard", "GuardErrors")):
            function = functions.by_name[name].function
            self._alarms.above_zero(
                title,
                function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
                f"{name} raised: a run may be held up; read its log group.",
            )

    def _watch_work_functions(self, functions: Functions) -> None:
        """Alarms on errors of the functions that work on documents.

        Their messages are delivered again, so that one error harms nothing.
        """
        for name, title in (
            ("tile_page", "TilePageErrors"),
            ("detect_tile", "DetectTileErrors"),
            ("detect_onnx", "DetectOnnxErrors"),
            ("merge_page", "MergePageErrors"),
        ):
            function = functions.by_name[name].function
            self._alarms.above(
                title,
                function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
                f"{name} crashed or ran out of time or memory more than {PASSING_ERRORS} times in "
                "five minutes; read its log group.",
                limit=PASSING_ERRORS,
            )

    def _watch_throttles(self) -> None:
        """Alarms on invocations that Lambda refused in this account and region.

        All functions share the account's executions, and one metric costs less than eight.
        """
        self._alarms.above_zero(
            "ThrottledFunctions",
            lambda_.Function.metric_all_throttles(period=FIVE_MINUTES, statistic="Sum"),
            "Lambda had no execution free for a function: the account's concurrency is used up; "
            "raise the quota, and account_concurrency with it.",
        )

    def _watch_dead_letters(self, collector: lambda_.Function) -> None:
        """Counts the collector's invocations: it takes a dead letter of either queue at once."""
        self._alarms.above_zero(
            "DeadLetters",
            collector.metric_invocations(period=FIVE_MINUTES, statistic="Sum"),
            "An upload or a page could not be processed; its document says why (REJECTED, FAILED).",
        )

    def _watch_runs(self, state_machine: sfn.StateMachine) -> None:
        self._alarms.above_zero(
            "RunsFailed",
            state_machine.metric_failed(period=FIVE_MINUTES, statistic="Sum"),
            "A detection run did not end well; the guard stops its model within minutes.",
        )
        self._tell_of_rare_ends(state_machine)

    def _tell_of_rare_ends(self, state_machine: sfn.StateMachine) -> None:
        """Sends the topic a message where a run was aborted or ran out of time."""
        self._tell(
            "RunsCutShort",
            events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [state_machine.state_machine_arn],
                    "status": ["ABORTED", "TIMED_OUT"],
                },
            ),
            "The detection run "
            f"{events.EventField.from_path('$.detail.executionArn')} is "
            f"{events.EventField.from_path('$.detail.status')}; the guard stops its "
            "model within minutes, and the next run takes its documents.",
        )

    def _watch_models(self, longest_run: Duration) -> None:
        self._alarms.above(
            "ModelIdle",
            guard_metric(GuardMetric.MODEL_IDLE, self._namespace),
            "A model that Tilescout started is up, and was asked nothing for 15 minutes; stop it "
            "with `tilescout model stop`.",
            limit=MAX_IDLE.to_seconds(),
        )
        self._alarms.above(
            "ModelUpTooLong",
            guard_metric(GuardMetric.MODEL_UP, self._namespace),
            "A model that Tilescout started is up for longer than any run lasts; stop it with "
            "`tilescout model stop`.",
            limit=longest_run.to_seconds(),
        )
        self._alarms.above_zero(
            "UnmanagedModels",
            guard_metric(GuardMetric.UNMANAGED_MODELS, self._namespace),
            "A model that Tilescout did not start has been up for an hour; only you can stop it: "
            "`tilescout model stop --unmanaged`.",
            periods=AN_HOUR,
        )

    def _tell_of_drift(self, state_machine: sfn.StateMachine) -> None:
        self._tell(
            "DrawingsChanged",
            events.EventPattern(
                source=["tilescout"],
                detail_type=["DrawingsChanged"],
                detail={"detection_run": [state_machine.state_machine_arn]},
            ),
            "The drawings of profile "
            f"{events.EventField.from_path('$.detail.profile')} are no longer like those that its "
            f"model began with ({events.EventField.from_path('$.detail.figures')}): "
            "`tilescout model drift PROFILE` shows what changed.",
        )

    def _tell(self, name: str, pattern: events.EventPattern, message: str) -> None:
        """Sends the topic a message for each event.

        A rule costs nothing while nothing happens, where an alarm costs by the month.
        """
        text = events.RuleTargetInput.from_text(message)
        target = targets.SnsTopic(self.topic, message=text)
        events.Rule(self, name, event_pattern=pattern, targets=[target])

    def _watch_documents(self, oldest_due: Duration) -> None:
        self._alarms.above_zero(
            "DocumentsHeld",
            guard_metric(GuardMetric.DOCUMENTS_HELD, self._namespace),
            "Documents are HELD and no run takes them: `tilescout status` has their reason.",
        )
        self._alarms.above(
            "OldestDocument",
            guard_metric(GuardMetric.OLDEST_DUE, self._namespace),
            "A document is due and no run took it; look at the runs with `tilescout status`.",
            limit=oldest_due.to_seconds(),
        )
