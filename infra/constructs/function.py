"""One Lambda function with its own role and log group."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config.stack_config import Settings
from infra.constructs.conventions import acknowledge, acknowledge_wildcard, retention_of
from infra.constructs.function_specs import SPECS
from infra.constructs.layer import RUNTIME, Layer
from infra.constructs.network import WHY_ANY_INTERFACE, Network
from infra.constructs.permissions import Rights, allow

RUNTIME_IS_CHOSEN = (
    "The layer's wheels and byte code are built and checked for one Python version; it is raised "
    "deliberately, together with them, and not by an upgrade of CDK."
)


@dataclass(frozen=True, slots=True)
class Shared:
    """The code, layers and settings that functions share."""

    code: lambda_.Code
    layer: Layer
    onnx_layer: Layer
    settings: Settings
    key: kms.IKey | None = None
    network: Network | None = None

    def layers_of(self, name: str) -> list[Layer]:
        """Returns the layers of a function; only one function needs the large onnxruntime."""
        return [self.layer, self.onnx_layer] if name == "detect_onnx" else [self.layer]


class Function(Construct):
    """A function whose handler is the module ``name``; it may do what ``rights`` says, and log."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        shared: Shared,
        variables: dict[str, str],
        rights: Rights,
    ) -> None:
        super().__init__(scope, id_)
        spec = SPECS[name]
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=retention_of(shared.settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
            encryption_key=shared.key,
        )
        self.log_group = log_group
        self.role = self._role(log_group, rights.statements, shared.network)
        for resource, reason in rights.wildcards.items():
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
        if shared.network is not None:
            shared.network.connect(self.function)

    def _role(
        self,
        log_group: logs.LogGroup,
        statements: list[iam.PolicyStatement],
        network: Network | None,
    ) -> iam.Role:
        write_logs = allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn])
        connect = [network.statement()] if network else []
        work = iam.PolicyDocument(statements=[write_logs, *statements, *connect])
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Work": work},
        )
        if network:
            acknowledge_wildcard(role, "*", WHY_ANY_INTERFACE)
        return role
