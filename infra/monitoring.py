"""What is watched: what costs money or loses work unseen."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.alarms import Alarms
from infra.functions import Functions
from infra.queues import Queues

FIVE_MINUTES = Duration.minutes(5)


class Monitoring(Construct):
    """Alarms on dead letters, on runs, on the guard's heartbeat and on the control functions."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        queues: Queues,
        functions: Functions,
        state_machine: sfn.StateMachine,
        email: str,
    ) -> None:
        super().__init__(scope, id_)
        self._alarms = Alarms(self, "Alarms", email=email)
        self._watch_dead_letters("DocumentsDeadLetters", queues.documents_dead_letters)
        self._watch_dead_letters("PagesDeadLetters", queues.pages_dead_letters)
        self._watch_runs(state_machine)
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

    def _watch_dead_letters(self, id_: str, queue: sqs.Queue) -> None:
        """Messages received, not visible: the collector takes a dead letter within seconds."""
        self._alarms.above_zero(
            id_,
            queue.metric_number_of_messages_received(period=FIVE_MINUTES, statistic="Sum"),
            "An upload or a page could not be processed; its document says why (REJECTED, FAILED).",
        )

    def _watch_runs(self, state_machine: sfn.StateMachine) -> None:
        self._alarms.above_zero(
            "RunsFailed",
            cloudwatch.MathExpression(
                expression="failed + aborted + timed_out",
                using_metrics={
                    "failed": state_machine.metric_failed(period=FIVE_MINUTES, statistic="Sum"),
                    "aborted": state_machine.metric_aborted(period=FIVE_MINUTES, statistic="Sum"),
                    "timed_out": state_machine.metric_timed_out(
                        period=FIVE_MINUTES, statistic="Sum"
                    ),
                },
                period=FIVE_MINUTES,
            ),
            "A detection run did not end well; the guard stops its model within minutes.",
        )
