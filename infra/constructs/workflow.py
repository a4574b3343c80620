"""The detection run: the state machine, its role and its logs."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.conventions import acknowledge, acknowledge_wildcard, fix_logical_id
from infra.constructs.functions import Functions
from infra.constructs.permissions import allow


class Workflow(Construct):
    """A traced Standard workflow; errors are logged without the state's data."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        definition: Path,
        functions: Functions,
        log_retention: logs.RetentionDays,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, id_)
        advance_run = functions.by_name["advance_run"].function
        self.state_machine = sfn.StateMachine(
            self,
            "DetectionRun",
            # Inlined, not from_file: an S3 asset would hide the definition from `cdk diff`,
            # from the tests and from the embedded AWS.
            definition_body=sfn.DefinitionBody.from_string(definition.read_text()),
            definition_substitutions={
                "AdvanceRunFunctionArn": advance_run.function_arn,
                # "arn:aws:states" exists in neither GovCloud nor China.
                "StartExecutionArn": f"arn:{Aws.PARTITION}:states:::states:startExecution",
            },
            role=self._role(advance_run.function_arn),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._log_group(log_retention, key),
                level=sfn.LogLevel.ERROR,
                include_execution_data=False,
            ),
        )
        fix_logical_id(self.state_machine, "DetectionRun")
        acknowledge(
            self.state_machine,
            "SF1",
            "Runs that find nothing due start every minute; to log all of them would bury the "
            "errors. The history of every run stays in Step Functions for 90 days.",
        )

    def _role(self, function_arn: str) -> iam.Role:
        invoke = allow(["lambda:InvokeFunction"], [function_arn])
        role = iam.Role(
            self,
            "DetectionRunRole",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
            inline_policies={"Invoke": iam.PolicyDocument(statements=[invoke])},
        )
        acknowledge_wildcard(
            role, "*", "X-Ray and log delivery have no resource types; CDK adds both statements."
        )
        return role

    def _log_group(self, retention: logs.RetentionDays, key: kms.IKey | None) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "DetectionRunLogs",
            # The only fixed name: under this prefix AWS writes no resource policy for each group,
            # of which an account has ten.
            log_group_name=f"/aws/vendedlogs/states/{Aws.STACK_NAME}-DetectionRun",
            retention=retention,
            removal_policy=RemovalPolicy.DESTROY,
            encryption_key=key,
        )
