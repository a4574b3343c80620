"""Every identifier, table key and object key, in one place; all are deterministic."""

from __future__ import annotations

import hashlib

GROUP = 256
"""Tiles of one band row, and pages of one page group: a number set of so many stays under 2 kB."""

INCOMING = "incoming/"
LEASES = "LEASES"
"""One partition for all leases, so that the guard sees also those whose profile is gone."""
SWEEP_CURSOR = {"pk": "SWEEP", "sk": "CURSOR"}
"""The one row that tells how far the documents bucket was looked through."""

PAGES = "PAGE#"
PAGE_GROUPS = "PAGES#"
MERGED_GROUPS = "MERGED#"
BANDS = "BAND#"
TILES = "TILE#"
"""What the sort keys of all rows of one kind begin with."""


def document_id(bucket: str, key: str, version: str) -> str:
    """32 hex digits; ``version`` is the object's version id, or its etag where there is none."""
    return hashlib.sha256("\n".join((bucket, key, version)).encode()).hexdigest()[:32]


def result_id(document: str, claim_token: int) -> str:
    """A result set is one document under one claim."""
    return f"{document}-{claim_token:06d}"


def run_id(execution: str, token: int) -> str:
    """The run's row in the documents table: lease token first, so that runs sort by time."""
    return f"run#{token:06d}#{execution.rsplit(':', 1)[-1]}"


def source_key(bucket: str, key: str) -> str:
    return f"{bucket}/{key}"


def due(model: str, queued_at: int) -> str:
    """Sort key of the status index: documents of one model, oldest first."""
    return f"{of_model(model)}{queued_at:010d}"


def due_to_finish(at: int) -> str:
    """Sort key of an ended document that is not announced and cleaned up by then; of no model."""
    return f"#{at:010d}"


def of_model(model: str) -> str:
    """What ``due`` begins with for every document of the model."""
    return f"{model}#"


def after_model(model: str) -> str:
    """The first sort key of the status index behind every document of the model."""
    return of_model(model)[:-1] + chr(ord("#") + 1)


def profile_name(key: str) -> str:
    """The profile part of ``incoming/<profile>/...``; empty where there is none."""
    parts = key.removeprefix(INCOMING).split("/")
    return parts[0] if key.startswith(INCOMING) and len(parts) > 1 else ""


def lease(model: str) -> dict[str, str]:
    """The whole key of the model's lease."""
    return {"pk": LEASES, "sk": model}


def model(project: str) -> str:
    """Partition of what is known of a model project: its version in use, its starts."""
    return f"MODEL#{project}"


def model_version(project: str, name: str, digest: str) -> str:
    """The one identifier of a version of an ONNX model, and what its objects' keys begin with.

    Its parts are in the places that they have in the ARN of a Custom Labels version.
    """
    return f"{model_versions(project)}{name}/{digest}"


def model_versions(project: str) -> str:
    """What the identifiers of all versions of an ONNX model begin with."""
    return f"models/{project}/version/"


def model_objects(version: str) -> tuple[str, str]:
    """Keys of the ONNX file and of its card."""
    return f"{version}.onnx", f"{version}.json"


def model_digest(file_sha256: str, card: bytes) -> str:
    """Of a file and its card together: other labels are another version."""
    return hashlib.sha256(file_sha256.encode() + card).hexdigest()[:32]


MODEL_IN_USE = "IN_USE"
MODEL_STARTS = "START#"


def model_start(requested_at: int) -> str:
    """One request to start a model, oldest first."""
    return f"{MODEL_STARTS}{requested_at:010d}"


def run_partition(run: str) -> str:
    return f"RUN#{run}"


def document_partition(document: str) -> str:
    return f"DOC#{document}"


def page_sort(page: int) -> str:
    return f"{PAGES}{page:05d}"


def page_group_sort(page: int) -> str:
    return f"{PAGE_GROUPS}{page // GROUP:04d}"


def merged_group_sort(result: str, page: int) -> str:
    return f"{merged_groups(result)}{page // GROUP:04d}"


def merged_groups(result: str) -> str:
    """What the sort keys of all groups of a result set begin with."""
    return f"{MERGED_GROUPS}{result}#"


def merged_result(group_sort: str) -> str:
    """The result set of a group of merged pages, from its sort key."""
    return group_sort.removeprefix(MERGED_GROUPS).partition("#")[0]


def band_of(tile: int) -> int:
    return tile // GROUP


def band_sort(page: int, band: int) -> str:
    return f"{bands_of_page(page)}{band:04d}"


def bands_of_page(page: int) -> str:
    """What the sort keys of the page's bands begin with."""
    return f"{BANDS}{page:05d}#"


def tile_partition(document: str, page: int, band: int) -> str:
    return f"TILES#{document}#{page:05d}#{band:04d}"


def tile_sort(tile: int) -> str:
    return f"{TILES}{tile:06d}"


def tile_images(document: str) -> str:
    """What the keys of all tiles of a document begin with."""
    return f"tiles/{document}/"


def tile_page(document: str, page: int, grid: str) -> str:
    """The folder of a page's tiles."""
    return f"{tile_images(document)}{page:05d}/{grid}"


def tile_image(document: str, page: int, grid: str, tile: int) -> str:
    return f"{tile_page(document, page, grid)}/{tile:06d}"


def grid_hash(*settings: object) -> str:
    """Changes with whatever changes a tile's pixels: dpi, size, overlap, colour, regions."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


def answers(document: str) -> str:
    """What the keys of all answers of a document begin with."""
    return f"answers/{document}/"


def answer_object(document: str, page: int, tile: int, reservation: str) -> str:
    """The reservation is in the key, so a second answer never overwrites the first."""
    return f"{answers(document)}{page:05d}/{tile:06d}-{reservation}.json"


def layer_object(document: str, page: int) -> str:
    """The page's own visible text, kept as an answer."""
    return f"{answers(document)}{page:05d}/layer.json"


def page_result(result: str, page: int) -> str:
    return f"results/{result}/pages/{page:05d}.json"


def document_result(result: str) -> str:
    return f"results/{result}/detections.json"


def detection_page(page: int) -> str:
    return f"{page:05d}#"


def detection_sort(page: int, number: int) -> str:
    return f"{detection_page(page)}{number:06d}"


LABEL_SHARDS = 16
"""Partitions of one label, so that a frequent label is not one hot partition."""


def label_shard(label: str, result: str) -> str:
    """The one partition that holds the label's rows of this result set."""
    digest = hashlib.sha256(result.encode()).hexdigest()
    return f"{label}#{int(digest[:2], 16) % LABEL_SHARDS:02d}"


def label_shards(label: str) -> tuple[str, ...]:
    return tuple(f"{label}#{shard:02d}" for shard in range(LABEL_SHARDS))


def label_key(result: str, sort: str) -> str:
    return f"{result}#{sort}"


TEXT_PREFIX = 2
"""Characters of normalised text that choose the partition of the text index."""


def text_prefix(normalised: str) -> str:
    return normalised[:TEXT_PREFIX]


TEXT_BYTES = 900
"""A sort key of an index may have 1,024 bytes; the result's id and the row's sort key follow."""


def indexed_text(normalised: str) -> str:
    """As much of a text as its index key holds, whole characters."""
    return normalised.encode()[:TEXT_BYTES].decode(errors="ignore")


def text_key(normalised: str, result: str, sort: str) -> str:
    return f"{indexed_text(normalised)}#{result}#{sort}"
