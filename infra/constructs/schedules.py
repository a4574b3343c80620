"""The schedules of runs, one per model, and of the guard, every minute."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import Aws, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.permissions import allow


class Schedules(Construct):
    """Schedules from ``expressions``, which has the schedule expression of each model."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        state_machine: sfn.StateMachine,
        guard: lambda_.Function,
        expressions: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id_)
        role = self._role(state_machine)
        for model, expression in sorted(expressions.items()):
            self._start_runs(model, expression, state_machine, role)
        events.Rule(
            self,
            "EveryMinute",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            # The next minute checks again; a late check is worth nothing.
            targets=[
                targets.LambdaFunction(guard, retry_attempts=0, max_event_age=Duration.minutes(1))
            ],
        )
        # The rule's retries end when Lambda has queued the event; these are Lambda's own, which
        # would repeat an error twice, and a throttled event for six hours.
        lambda_.EventInvokeConfig(
            self,
            "GuardInvocations",
            function=guard,
            retry_attempts=0,
            max_event_age=Duration.minutes(1),
        )

    def _role(self, state_machine: sfn.StateMachine) -> iam.Role:
        start = allow(["states:StartExecution"], [state_machine.state_machine_arn])
        return iam.Role(
            self,
            "SchedulerRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
            inline_policies={"Start": iam.PolicyDocument(statements=[start])},
        )

    def _start_runs(
        self, model: str, expression: str, state_machine: sfn.StateMachine, role: iam.Role
    ) -> None:
        scheduler.CfnSchedule(
            self,
            f"{model}-Schedule",
            schedule_expression=expression,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=state_machine.state_machine_arn,
                role_arn=role.role_arn,
                input=json.dumps({"model": model, "reason": "schedule"}),
                # The default is a day of retries: a burst of late runs after an outage.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=2, maximum_event_age_in_seconds=600
                ),
            ),
        )
