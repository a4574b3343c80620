"""One Lambda function with its own role and log group."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config.stack_config import Settings
from infra.constructs.acknowledgements import acknowledge, acknowledge_wildcard
from infra.constructs.function_specs import SPECS
from infra.constructs.layer import RUNTIME, Layer
from infra.constructs.permissions import allow
from infra.constructs.retention import retention_of

RUNTIME_IS_CHOSEN = (
    "The layer's wheels and byte code are built and checked for one Python version; it is raised "
    "on purpose, together with them, and not by an upgrade of CDK."
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all functions have in common."""

    code: lambda_.Code
    layer: Layer
    onnx_layer: Layer
    settings: Settings

    def layers_of(self, name: str) -> list[Layer]:
        """onnxruntime is as large as all other packages: only one function has it."""
        return [self.layer, self.onnx_layer] if name == "detect_onnx" else [self.layer]


class Function(Construct):
    """``name`` is the handler's module; ``statements`` all that the function may do but log;
    ``wildcards`` the reasons for those in them.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        shared: Shared,
        variables: dict[str, str],
        statements: list[iam.PolicyStatement],
        wildcards: dict[str, str],
    ) -> None:
        super().__init__(scope, id_)
        spec = SPECS[name]
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=retention_of(shared.settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = self._role(log_group, statements)
        for resource, reason in wildcards.items():
            acknowledge_wildcard(self.role, resource, reason)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIME,
            architecture=shared.layer.architecture,
            code=shared.code,
            layers=[layer.version for layer in shared.layers_of(name)],
            handler=f"tilescout.handlers.{name}.handler",
            timeout=Duration.seconds(spec.timeout),
            memory_size=spec.memory,
            ephemeral_storage_size=Size.mebibytes(spec.disk),
            environment=variables,
            role=self.role,
            log_group=log_group,
            reserved_concurrent_executions=shared.settings.reserved(name),
        )
        acknowledge(self.function, "L1", RUNTIME_IS_CHOSEN)

    def _role(self, log_group: logs.LogGroup, statements: list[iam.PolicyStatement]) -> iam.Role:
        write_logs = allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn])
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Work": iam.PolicyDocument(statements=[write_logs, *statements])},
        )
