"""The time, memory, disk and environment of each function."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.config.concurrency import rows_per_second
from infra.config.stack_config import Settings
from infra.constructs.encryption import Encryption
from infra.constructs.queues import Queues
from infra.constructs.storage import Storage
from infra.constructs.tables import Tables
from infra.packages.function_code import PROFILES_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """``timeout`` in seconds, ``memory`` and ``disk`` (of /tmp) in MB."""

    timeout: int
    memory: int
    disk: int = 512
    variables: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, queues and buckets that functions use, and the key that encrypts them."""

    tables: Tables
    queues: Queues
    storage: Storage
    encryption: Encryption


ALWAYS = ("DOCUMENTS_TABLE", "LEDGER_TABLE")

SPECS = {
    "accept_document": FunctionSpec(
        timeout=120,
        memory=2048,
        disk=2048,
        variables=(*ALWAYS, "PAGES_QUEUE_URL", "MERGES_QUEUE_URL", "PROFILES_FILE", "RENDERER"),
    ),
    "tile_page": FunctionSpec(
        timeout=300,
        memory=3008,
        disk=2048,
        variables=(*ALWAYS, "TILES_BUCKET", "PAGES_QUEUE_URL", "RENDERER"),
    ),
    # The protocol's control functions: GRACE of 60 s must exceed their time-outs.
    "advance_run": FunctionSpec(
        timeout=30,
        memory=512,
        variables=(
            *ALWAYS,
            "TILES_QUEUE_URL",
            "ONNX_TILES_QUEUE_URL",
            "MERGES_QUEUE_URL",
            "PROFILES_FILE",
        ),
    ),
    # The workflow, which calls one of these functions, adds its ARN to the guard's environment.
    "guard": FunctionSpec(
        timeout=30,
        memory=256,
        variables=(
            *ALWAYS,
            "DOCUMENTS_BUCKET",
            "DOCUMENTS_QUEUE_URL",
            "PAGES_QUEUE_URL",
            "MERGES_QUEUE_URL",
            "PROFILES_FILE",
        ),
    ),
    "detect_tile": FunctionSpec(timeout=60, memory=512, variables=(*ALWAYS, "TILES_BUCKET")),
    # With this much memory Lambda gives one whole core; ten tiles take some three seconds.
    "detect_onnx": FunctionSpec(
        timeout=60, memory=1769, variables=(*ALWAYS, "TILES_BUCKET", "MODELS_BUCKET")
    ),
    "merge_page": FunctionSpec(
        timeout=600,
        memory=3008,
        disk=2048,
        variables=(
            *ALWAYS,
            "DETECTIONS_TABLE",
            "TILES_BUCKET",
            "RESULTS_BUCKET",
            "ROWS_PER_SECOND",
            "RESULTS_RETENTION_DAYS",
        ),
    ),
    "collect_dead_letters": FunctionSpec(
        timeout=60, memory=256, variables=(*ALWAYS, "PROFILES_FILE")
    ),
}


def environment(name: str, stores: Stores, settings: Settings) -> dict[str, str]:
    """Returns the environment of function ``name``: its own variables and Powertools' three."""
    tables, queues, storage = stores.tables, stores.queues, stores.storage
    values = {
        "DOCUMENTS_TABLE": tables.documents.table_name,
        "DETECTIONS_TABLE": tables.detections.table_name,
        "LEDGER_TABLE": tables.ledger.table_name,
        "DOCUMENTS_BUCKET": storage.documents.bucket_name,
        "TILES_BUCKET": storage.tiles.bucket_name,
        "RESULTS_BUCKET": storage.results.bucket_name,
        "MODELS_BUCKET": storage.models.bucket_name,
        "DOCUMENTS_QUEUE_URL": queues.documents.queue_url,
        "PAGES_QUEUE_URL": queues.pages.queue_url,
        "TILES_QUEUE_URL": queues.tiles.queue_url,
        "ONNX_TILES_QUEUE_URL": queues.onnx_tiles.queue_url,
        "MERGES_QUEUE_URL": queues.merges.queue_url,
        "PROFILES_FILE": PROFILES_FILE,
        "RENDERER": settings.renderer,
        "RESULTS_RETENTION_DAYS": str(settings.results_retention_days or 0),
        "ROWS_PER_SECOND": str(rows_per_second(settings.queue_caps()["MergesQueue"])),
    }
    return {variable: values[variable] for variable in SPECS[name].variables} | {
        "POWERTOOLS_SERVICE_NAME": service_name(name),
        "POWERTOOLS_METRICS_NAMESPACE": settings.name,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def service_name(name: str) -> str:
    """Returns the service of function ``name`` in its logs, and the dimension of its metrics."""
    return name.replace("_", "-")
