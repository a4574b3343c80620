"""The rights to start detection runs and to describe one."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.conventions import acknowledge_wildcard
from infra.constructs.functions import Functions
from infra.constructs.permissions import allow


class RunRights(Construct):
    """Separate policies: within the roles they would close a circle with the state machine."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        state_machine: sfn.StateMachine,
        functions: Functions,
    ) -> None:
        super().__init__(scope, id_)
        # Closing a run looks again, and the machine starts itself where something is due.
        iam.Policy(
            self,
            "StartNextRun",
            roles=[state_machine.role],
            statements=[allow(["states:StartExecution"], [state_machine.state_machine_arn])],
        )
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{state_machine.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        guard = functions.by_name["guard"]
        guard.function.add_environment("DETECTION_RUN_ARN", state_machine.state_machine_arn)
        describe = iam.Policy(
            self,
            "DescribeRun",
            roles=[guard.role],
            statements=[
                allow(["states:DescribeExecution"], [executions]),
                # Runs that are due on upload have no schedule.
                allow(["states:StartExecution"], [state_machine.state_machine_arn]),
            ],
        )
        acknowledge_wildcard(
            describe,
            "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>"
            ":execution:<DetectionRun.Name>:*",
            "The executions of this machine; the guard reads the one that holds the lease.",
        )
