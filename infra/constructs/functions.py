"""The Lambda functions and the queues that feed them."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config.stack_config import Config
from infra.constructs.function import Function, Shared
from infra.constructs.function_specs import SPECS, Stores, environment
from infra.constructs.permissions import Permissions
from infra.constructs.queues import Queues

ONNX_BATCH = 10
"""Tiles per invocation: the most that a queue delivers without waiting for more."""


class Functions(Construct):
    """``by_name`` holds every function; the workflow adds the rights that name the workflow."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        shared: Shared,
        stores: Stores,
        config: Config,
    ) -> None:
        super().__init__(scope, id_)
        permissions = Permissions(
            tables=stores.tables,
            queues=stores.queues,
            storage=stores.storage,
            encryption=stores.encryption,
            model_projects=config.model_projects(),
            detectors=frozenset(profile.detector for profile in config.profiles.values()),
        )
        self.by_name = {
            name: Function(
                self,
                "".join(word.capitalize() for word in name.split("_")),
                name=name,
                shared=shared,
                variables=environment(name, stores, shared.settings),
                rights=permissions.of(name),
            )
            for name in SPECS
        }
        self._feed_all(stores.queues, shared.settings.queue_caps())

    def _feed_all(self, queues: Queues, caps: Mapping[str, int]) -> None:
        self._feed("accept_document", queues.documents, caps)
        self._feed("tile_page", queues.pages, caps)
        self._feed("detect_tile", queues.tiles, caps)
        self._feed("detect_onnx", queues.onnx_tiles, caps, batch=ONNX_BATCH)
        self._feed("merge_page", queues.merges, caps)
        self._feed("collect_dead_letters", queues.documents_dead_letters, caps, batch=10)
        self._feed("collect_dead_letters", queues.pages_dead_letters, caps, batch=10)

    def _feed(
        self, name: str, queue: sqs.Queue, caps: Mapping[str, int], *, batch: int = 1
    ) -> None:
        lambda_.EventSourceMapping(
            self,
            f"{queue.node.id}Source",
            target=self.by_name[name].function,
            event_source_arn=queue.queue_arn,
            batch_size=batch,
            # A cap on what is taken from the queue; reserved concurrency alone would throttle
            # messages that were received already.
            max_concurrency=caps[queue.node.id],
            report_batch_item_failures=True,
        )
