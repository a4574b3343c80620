"""What is watched: what costs money or loses work unseen."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.functions import Functions
from infra.constructs.guard_metrics import GuardMetric, guard_metric
from infra.constructs.queues import Queues

FIVE_MINUTES = Duration.minutes(5)
MOST_IDLE = Duration.minutes(15)
"""A model that answered nothing for so long costs money for nothing."""


class Monitoring(Construct):
    """Alarms on dead letters, runs, models, the guard's heartbeat and the control functions.

    ``longest_run`` is the longest time that a model is needed, ``oldest_due`` the longest that
    a document may wait for a run.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        queues: Queues,
        functions: Functions,
        state_machine: sfn.StateMachine,
        email: str,
        longest_run: Duration,
        oldest_due: Duration,
    ) -> None:
        super().__init__(scope, id_)
        self._alarms = Alarms(self, "Alarms", email=email)
        self._watch_dead_letters("DocumentsDeadLetters", queues.documents_dead_letters)
        self._watch_dead_letters("PagesDeadLetters", queues.pages_dead_letters)
        self._watch_runs(state_machine)
        self._watch_models(longest_run)
        self._watch_documents(oldest_due)
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
                expression="FILL(failed, 0) + FILL(aborted, 0) + FILL(timed_out, 0)",
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

    def _watch_models(self, longest_run: Duration) -> None:
        self._alarms.above(
            "ModelIdle",
            guard_metric(GuardMetric.MODEL_IDLE),
            "A model that Tilescout started is up, and was asked nothing for 15 minutes; stop it "
            "with `tilescout model stop`.",
            most=MOST_IDLE.to_seconds(),
        )
        self._alarms.above(
            "ModelUpTooLong",
            guard_metric(GuardMetric.MODEL_UP),
            "A model that Tilescout started is up for longer than any run lasts; stop it with "
            "`tilescout model stop`.",
            most=longest_run.to_seconds(),
        )
        self._alarms.above_zero(
            "ForeignModels",
            guard_metric(GuardMetric.FOREIGN_MODELS, statistic="Minimum", period=Duration.hours(1)),
            "A model that Tilescout did not start has been up for an hour; only you can stop it: "
            "`tilescout model stop --not-ours`.",
        )

    def _watch_documents(self, oldest_due: Duration) -> None:
        self._alarms.above_zero(
            "DocumentsHeld",
            guard_metric(GuardMetric.DOCUMENTS_HELD),
            "Documents are HELD and no run takes them: `tilescout status` has their reason.",
        )
        self._alarms.above(
            "OldestDocument",
            guard_metric(GuardMetric.OLDEST_DUE),
            "A document is due and no run took it; look at the runs with `tilescout status`.",
            most=oldest_due.to_seconds(),
        )
