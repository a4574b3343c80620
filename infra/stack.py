"""The stack, which only puts the constructs together."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config.stack_config import Config
from infra.constructs.access import Access
from infra.constructs.conventions import retention_of
from infra.constructs.dashboard import Dashboard
from infra.constructs.encryption import Encryption
from infra.constructs.function import Shared
from infra.constructs.function_specs import SPECS, Stores
from infra.constructs.functions import Functions
from infra.constructs.layer import Layer
from infra.constructs.monitoring import Monitoring
from infra.constructs.network import Network
from infra.constructs.queues import Queues
from infra.constructs.run_rights import RunRights
from infra.constructs.schedules import Schedules
from infra.constructs.storage import Storage
from infra.constructs.tables import Tables
from infra.constructs.workflow import Workflow
from infra.packages.function_code import package_folder, stage_function_code


class TilescoutStack(Stack):
    """``sources`` is the repository's root, ``build`` where assets are staged."""

    def __init__(
        self, scope: Construct, id_: str, *, config: Config, sources: Path, build: Path
    ) -> None:
        settings = config.settings
        super().__init__(
            scope,
            id_,
            description="Finds small things in very large PDF pages.",
            termination_protection=settings.deletion_protection,
            stack_name=settings.name,
        )
        self.encryption = Encryption(self, "Encryption", settings=settings)
        self._store(config)
        self.stores = Stores(self.tables, self.queues, self.storage, self.encryption)
        functions = Functions(
            self,
            "Functions",
            shared=self._shared(config, sources, build),
            stores=self.stores,
            config=config,
        )
        self.access = Access(self, "Access", stores=self.stores)
        self.workflow = Workflow(
            self,
            "Workflow",
            definition=sources / "statemachine" / "detection_run.asl.json",
            functions=functions,
            log_retention=retention_of(settings.log_retention_days),
            key=self.encryption.key,
        )
        self._run_and_watch(config, functions)
        self._fit_into_account(config)
        self._output()

    def _store(self, config: Config) -> None:
        settings = config.settings
        self.tables = Tables(self, "Tables", settings=settings, encryption=self.encryption)
        self.queues = Queues(
            self,
            "Queues",
            timeouts={name: spec.timeout for name, spec in SPECS.items()},
            encryption=self.encryption,
            uploads=settings.documents_bucket,
        )
        self.storage = Storage(
            self, "Storage", queues=self.queues, settings=settings, encryption=self.encryption
        )

    def _fit_into_account(self, config: Config) -> None:
        for key, value in config.settings.tags.items():
            Tags.of(self).add(key, value)
        if boundary := config.settings.permissions_boundary:
            policy = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", boundary)
            iam.PermissionsBoundary.of(self).apply(policy)

    def _shared(self, config: Config, sources: Path, build: Path) -> Shared:
        architecture = config.settings.architecture
        code = stage_function_code(
            package=package_folder(sources),
            profiles_json=config.profiles_json(),
            target=build / "function",
        )
        return Shared(
            code=lambda_.Code.from_asset(str(code)),
            layer=Layer(
                self, "Layer", build=build, architecture=architecture, name=config.settings.layer
            ),
            onnx_layer=Layer(
                self, "OnnxLayer", build=build, architecture=architecture, name="onnx-layer"
            ),
            settings=config.settings,
            key=self.encryption.key,
            network=self._network(config),
        )

    def _network(self, config: Config) -> Network | None:
        vpc = config.settings.vpc
        if vpc is None:
            return None
        CfnOutput(self, "VpcEndpoints", value=",".join(config.services()))
        return Network(self, "Network", vpc=vpc, services=config.services())

    def _run_and_watch(self, config: Config, functions: Functions) -> None:
        state_machine = self.workflow.state_machine
        RunRights(self, "RunRights", state_machine=state_machine, functions=functions)
        Schedules(
            self,
            "Schedules",
            state_machine=state_machine,
            guard=functions.by_name["guard"].function,
            expressions={
                model: expression
                for model, expression in config.schedules().items()
                if model not in config.started_on_upload()
            },
        )
        self.monitoring = Monitoring(
            self,
            "Monitoring",
            functions=functions,
            state_machine=state_machine,
            config=config,
            key=self.encryption.key,
        )
        if config.settings.dashboard:
            Dashboard(self, "Dashboard", queues=self.queues, functions=functions, config=config)

    def _output(self) -> None:
        """Writes the outputs that the command line and the embedded AWS read by these names."""
        for name, value in {
            "DocumentsBucketName": self.storage.documents.bucket_name,
            "ResultsBucketName": self.storage.results.bucket_name,
            "TilesBucketName": self.storage.tiles.bucket_name,
            "ModelsBucketName": self.storage.models.bucket_name,
            "DetectionsTableName": self.tables.detections.table_name,
            "DocumentsTableName": self.tables.documents.table_name,
            "LedgerTableName": self.tables.ledger.table_name,
            "DetectionRunArn": self.workflow.state_machine.state_machine_arn,
            "DocumentsQueueUrl": self.queues.documents.queue_url,
            "PagesQueueUrl": self.queues.pages.queue_url,
            "TilesQueueUrl": self.queues.tiles.queue_url,
            "OnnxTilesQueueUrl": self.queues.onnx_tiles.queue_url,
            "MergesQueueUrl": self.queues.merges.queue_url,
            "AlarmsTopicArn": self.monitoring.topic.topic_arn,
            "UploaderPolicyArn": self.access.uploader.managed_policy_arn,
            "ReaderPolicyArn": self.access.reader.managed_policy_arn,
        }.items():
            CfnOutput(self, name, value=value)
