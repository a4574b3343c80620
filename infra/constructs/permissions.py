"""The rights of each function, statement by statement: grant helpers give far more."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.constructs.encryption import Encryption
from infra.constructs.queues import Queues
from infra.constructs.storage import ANSWERS, IMAGES, INCOMING, RESULTS, Storage
from infra.constructs.tables import Tables
from tilescout.detector_kinds import KINDS, DetectorName

Statements = list[iam.PolicyStatement]

_UPLOADS = {"<DocumentsBucket.Arn>/incoming/*": "Uploads, under any key that a customer chooses."}
_TILES = {"<TilesBucket.Arn>/tiles/*": "Images of tiles, under keys made of the document's id."}
_ANSWERS = {"<TilesBucket.Arn>/answers/*": "Answers, under keys made of the document's id."}
_RESULTS = {"<ResultsBucket.Arn>/results/*": "Results, under keys made of the document's id."}
_MODELS = {"<ModelsBucket.Arn>/models/*": "Model files, under keys made of project and version."}
_SERVICES = [kind for kind in KINDS.values() if kind.service]
_SERVICE_CALLS = [kind.api_call for kind in _SERVICES if not kind.needs_start]
_MODEL_CALLS = [kind.api_call for kind in _SERVICES if kind.needs_start]
_DETECT = {"*": f"{' and '.join(_SERVICE_CALLS)} have no resource type."}

_WILDCARDS = {
    "accept_document": _UPLOADS,
    "tile_page": _UPLOADS | _TILES | _ANSWERS,
    "detect_tile": _TILES | _ANSWERS | _DETECT,
    "detect_onnx": _TILES | _ANSWERS | _MODELS,
    "collect_dead_letters": _UPLOADS,
    "merge_page": _TILES | _ANSWERS | _RESULTS,
}
"""Wildcards in the statements below, as cdk-nag writes them, and why each is there."""
_ARN_AS_WRITTEN = "arn:<AWS::Partition>:rekognition:<AWS::Region>:<AWS::AccountId>:project/"
_VERSIONS = "A version's ARN ends with its name and the time of its training."
_ANY_PROJECT = (
    "A model whose profile was removed is stopped all the same: it would cost money for ever. "
    "Only models of the configured projects are started."
)


def allow(actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=resources)


def send(*queues: sqs.Queue) -> iam.PolicyStatement:
    return allow(["sqs:SendMessage"], [queue.queue_arn for queue in queues])


def consume(*queues: sqs.Queue) -> iam.PolicyStatement:
    """Returns the rights that an event source mapping needs of its function's role."""
    return allow(
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        [queue.queue_arn for queue in queues],
    )


def rows(table: dynamodb.ITable, *verbs: str) -> iam.PolicyStatement:
    """Allows actions on one table, and none on its indexes."""
    return allow([f"dynamodb:{verb}" for verb in verbs], [table.table_arn])


def query(table: dynamodb.ITable, index: str) -> iam.PolicyStatement:
    """Allows to query one index, and not the table itself."""
    return allow(["dynamodb:Query"], [f"{table.table_arn}/index/{index}"])


def objects(bucket: s3.IBucket, *verbs: str, prefix: str) -> iam.PolicyStatement:
    """Allows actions on the objects under a prefix of a bucket."""
    return allow([f"s3:{verb}" for verb in verbs], [bucket.arn_for_objects(f"{prefix}*")])


def listed(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Allows to list a bucket: without it S3 answers 403 for a missing object, not 404."""
    return allow(["s3:ListBucket"], [bucket.bucket_arn])


@dataclass(frozen=True, slots=True)
class Rights:
    """The statements of one function, and the reason for each wildcard as cdk-nag writes it."""

    statements: Statements
    wildcards: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """The rights of every function; each method has the statements of the function it names."""

    tables: Tables
    queues: Queues
    storage: Storage
    encryption: Encryption
    model_projects: tuple[str, ...]
    detectors: frozenset[DetectorName]

    def _model_wildcards(self, name: str) -> dict[str, str]:
        wildcards = {}
        if name in ("guard", "advance_run"):
            wildcards[f"{_ARN_AS_WRITTEN}*/version/*/*"] = _ANY_PROJECT
            wildcards[f"{_ARN_AS_WRITTEN}*"] = _ANY_PROJECT
        if name in ("detect_tile", "advance_run"):
            for project in self.model_projects:
                wildcards[f"{_ARN_AS_WRITTEN}{project}/version/*/*"] = _VERSIONS
        return wildcards

    def of(self, name: str) -> Rights:
        """Returns the rights of the function ``name``."""
        statements: Statements = [*getattr(self, name)(), *self.encryption.statements()]
        wildcards = {
            self._as_written(resource): reason
            for resource, reason in _WILDCARDS.get(name, {}).items()
        }
        return Rights(statements, wildcards | self._model_wildcards(name))

    def _as_written(self, resource: str) -> str:
        """Returns a wildcard with the ARN of its bucket as cdk-nag writes it in this stack."""
        bucket, _, key = resource.removeprefix("<").partition(".Arn>")
        return f"{self.storage.as_written(bucket)}{key}" if key else resource

    def accept_document(self) -> Statements:
        return [
            *self._read_uploads(),
            rows(self.tables.documents, "GetItem", "PutItem", "UpdateItem"),
            self._list_versions(),
            self._announce(),
            send(self.queues.pages, self.queues.merges),
            consume(self.queues.documents),
        ]

    def tile_page(self) -> Statements:
        return [
            # Always by its version, so that a newer upload of the key is not tiled in its place.
            objects(self.storage.documents, "GetObjectVersion", prefix=INCOMING),
            listed(self.storage.documents),
            *self.encryption.of_uploads(),
            objects(self.storage.tiles, "PutObject", prefix=IMAGES),
            objects(self.storage.tiles, "PutObject", prefix=ANSWERS),
            rows(self.tables.ledger, "GetItem", "PutItem", "UpdateItem", "Query"),
            rows(self.tables.documents, "GetItem", "UpdateItem"),
            self._announce(),
            send(self.queues.pages),
            consume(self.queues.pages),
        ]

    def advance_run(self) -> Statements:
        return [
            rows(self.tables.documents, "GetItem", "PutItem", "UpdateItem"),
            query(self.tables.documents, "by_status"),
            # A claim is one transaction: the lease checked, the document taken, the claim written.
            rows(self.tables.ledger, "ConditionCheckItem"),
            rows(self.tables.ledger, "GetItem", "PutItem", "UpdateItem", "Query"),
            send(self.queues.tiles, self.queues.onnx_tiles, self.queues.merges),
            *self._start_models(),
            *self._stop_models(),
        ]

    def detect_tile(self) -> Statements:
        return [
            *self._answer_hints(),
            *self._call_services(),
            *self._on_versions(*_MODEL_CALLS),
            consume(self.queues.tiles),
        ]

    def detect_onnx(self) -> Statements:
        return [
            *self._answer_hints(),
            objects(self.storage.models, "GetObject", prefix="models/"),
            listed(self.storage.models),
            consume(self.queues.onnx_tiles),
        ]

    def _answer_hints(self) -> Statements:
        """Returns the rights to answer a hint, whatever the detector."""
        return [
            objects(self.storage.tiles, "GetObject", prefix=IMAGES),
            # Read where a tile takes the answer that was given for the same image before.
            objects(self.storage.tiles, "GetObject", "PutObject", prefix=ANSWERS),
            listed(self.storage.tiles),
            rows(self.tables.ledger, "GetItem", "PutItem", "UpdateItem", "Query"),
            rows(self.tables.documents, "GetItem", "UpdateItem"),
        ]

    def merge_page(self) -> Statements:
        return [
            rows(self.tables.ledger, "GetItem", "UpdateItem", "Query"),
            rows(self.tables.documents, "GetItem", "UpdateItem"),
            rows(self.tables.detections, "Query", "BatchWriteItem"),
            objects(self.storage.tiles, "DeleteObject", prefix=IMAGES),
            objects(self.storage.tiles, "GetObject", prefix=ANSWERS),
            listed(self.storage.tiles),
            objects(
                self.storage.results,
                "GetObject",
                "PutObject",
                "AbortMultipartUpload",
                "DeleteObject",
                prefix=RESULTS,
            ),
            listed(self.storage.results),
            self._announce(),
            consume(self.queues.merges),
        ]

    def collect_dead_letters(self) -> Statements:
        return [
            *self._read_uploads(),
            rows(self.tables.documents, "GetItem", "PutItem", "UpdateItem"),
            rows(self.tables.ledger, "GetItem", "UpdateItem", "Query"),
            self._announce(),
            consume(self.queues.documents_dead_letters, self.queues.pages_dead_letters),
        ]

    def guard(self) -> Statements:
        return [
            rows(self.tables.documents, "GetItem", "UpdateItem"),
            query(self.tables.documents, "by_status"),
            rows(self.tables.ledger, "GetItem", "PutItem", "UpdateItem", "Query"),
            self._list_versions(),
            send(self.queues.documents, self.queues.pages, self.queues.merges),
            allow(["sqs:GetQueueAttributes"], [self.queues.pages.queue_arn]),
            *self._stop_models(),
            self._announce(),
        ]

    def _call_services(self) -> Statements:
        """Allows the calls of the detectors in use; these actions have no resource type."""
        kinds = [KINDS[name] for name in sorted(self.detectors)]
        calls = [kind.api_call for kind in kinds if kind.service and not kind.needs_start]
        return [allow(calls, ["*"])] if calls else []

    def _on_versions(self, *actions: str) -> Statements:
        """Allows actions on every version of the configured projects, if there are any."""
        versions = [self._rekognition(f"{name}/version/*/*") for name in self.model_projects]
        return [allow([*actions], versions)] if versions else []

    def _start_models(self) -> Statements:
        return self._on_versions("rekognition:StartProjectVersion")

    def _stop_models(self) -> Statements:
        """Allows to stop models of any project: a profile may be removed while its model is up.

        Versions are described by the ARN of their project; a version's own does not match.
        """
        return [
            allow(["rekognition:StopProjectVersion"], [self._rekognition("*/version/*/*")]),
            allow(["rekognition:DescribeProjectVersions"], [self._rekognition("*")]),
        ]

    def _rekognition(self, project: str) -> str:
        return Stack.of(self.storage).format_arn(
            service="rekognition",
            resource="project",
            resource_name=project,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )

    def _list_versions(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["s3:ListBucketVersions"],
            resources=[self.storage.documents.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{INCOMING}*"}},
        )

    def _announce(self) -> iam.PolicyStatement:
        bus = Stack.of(self.storage).format_arn(
            service="events",
            resource="event-bus",
            resource_name="default",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return allow(["events:PutEvents"], [bus])

    def _read_uploads(self) -> Statements:
        return [
            objects(self.storage.documents, "GetObject", "GetObjectVersion", prefix=INCOMING),
            listed(self.storage.documents),
            *self.encryption.of_uploads(),
        ]
