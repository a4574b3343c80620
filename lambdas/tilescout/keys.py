"""All identifiers, table keys and object keys, in one place; each is deterministic."""

from __future__ import annotations

import hashlib

GROUP = 256
"""Tiles of one band row, and pages of one page group: a number set of so many stays under 2 kB."""

INCOMING = "incoming/"
LEASES = "LEASES"
"""One partition for all leases, so that the guard sees also those whose profile is gone."""
SWEEP_CURSOR = {"pk": "SWEEP", "sk": "CURSOR"}
"""The key of the one row that holds how far the documents bucket was searched."""

STARTS_PAUSED = {"pk": "STARTS", "sk": "PAUSED"}
"""The key of the one row that says until when the guard starts no runs."""

PAGES = "PAGE#"
PAGE_GROUPS = "PAGES#"
MERGED_GROUPS = "MERGED#"
BANDS = "BAND#"
TILES = "TILE#"
"""Prefixes of the sort keys of all rows of one kind."""


def document_id(bucket: str, key: str, version: str) -> str:
    """Returns 32 hex digits; ``version`` is the object's version id, or its etag without one."""
    return hashlib.sha256("\n".join((bucket, key, version)).encode()).hexdigest()[:32]


def result_id(document: str, claim_token: int) -> str:
    """Returns the id of a result set, which is one document under one claim."""
    return f"{document}-{claim_token:06d}"


def run_id(execution: str, token: int) -> str:
    """Returns the id of the run's row: lease token first, so that runs sort by time."""
    return f"run#{token:06d}#{execution.rsplit(':', 1)[-1]}"


def allowance(run: str) -> str:
    """Returns the id of the row with the calls that the run may still make."""
    return f"{run}#allowance"


def source_key(bucket: str, key: str) -> str:
    return f"{bucket}/{key}"


def due(model: str, queued_at: int) -> str:
    """Returns the sort key of the status index: documents of one model, oldest first."""
    return f"{of_model(model)}{queued_at:010d}"


def due_to_finish(at: int) -> str:
    """Returns the sort key of an ended document to be announced and cleaned up; it has no model."""
    return f"#{at:010d}"


def of_model(model: str) -> str:
    """Returns the prefix of ``due`` of all documents of the model."""
    return f"{model}#"


def after_model(model: str) -> str:
    """Returns the first sort key of the status index after all documents of the model."""
    return of_model(model)[:-1] + chr(ord("#") + 1)


def is_folder(key: str, size: int) -> bool:
    """Returns True for the empty object that "Create folder" makes in the S3 console."""
    return key.endswith("/") and size == 0


def profile_name(key: str) -> str:
    """Returns the profile part of ``incoming/<profile>/...``; empty where there is none."""
    parts = key.removeprefix(INCOMING).split("/")
    return parts[0] if key.startswith(INCOMING) and len(parts) > 1 else ""


def lease(model: str) -> dict[str, str]:
    """Returns the whole key of the model's lease."""
    return {"pk": LEASES, "sk": model}


def model(project: str) -> str:
    """Returns the partition of a model project: its version in use, and its starts."""
    return f"MODEL#{project}"


def model_version(project: str, name: str, digest: str) -> str:
    """Returns the identifier of a version of an ONNX model, and the prefix of its objects' keys.

    Its parts are in the places that they have in the ARN of a Custom Labels version.
    """
    return f"{model_versions(project)}{name}/{digest}"


def model_versions(project: str) -> str:
    """Returns the prefix of the identifiers of all versions of an ONNX model."""
    return f"models/{project}/version/"


def model_objects(version: str) -> tuple[str, str]:
    """Returns the keys of the ONNX file and of its card."""
    return f"{version}.onnx", f"{version}.json"


def model_digest(file_sha256: str, card: bytes) -> str:
    """Returns the digest of a file and its card together: other labels are another version."""
    return hashlib.sha256(file_sha256.encode() + card).hexdigest()[:32]


def figures(profile: str) -> str:
    """Returns the partition of the figures that documents of a profile left for drift."""
    return f"FIGURES#{profile}"


def figures_sort(accepted_at: int, document: str = "") -> str:
    """Returns the sort key of a document's figures, oldest first."""
    return f"{accepted_at:010d}#{document}"


MODEL_IN_USE = "IN_USE"
MODEL_STARTS = "START#"


def model_start(requested_at: int) -> str:
    """Returns the sort key of one request to start a model, oldest first."""
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
    """Returns the prefix of the sort keys of all groups of a result set."""
    return f"{MERGED_GROUPS}{result}#"


def merged_result(group_sort: str) -> str:
    """Returns the result set of a group of merged pages, from its sort key."""
    return group_sort.removeprefix(MERGED_GROUPS).partition("#")[0]


def band_of(tile: int) -> int:
    return tile // GROUP


def band_sort(page: int, band: int) -> str:
    return f"{bands_of_page(page)}{band:04d}"


def bands_of_page(page: int) -> str:
    """Returns the prefix of the sort keys of the page's bands."""
    return f"{BANDS}{page:05d}#"


def tile_partition(document: str, page: int, band: int) -> str:
    return f"TILES#{document}#{page:05d}#{band:04d}"


def tile_sort(tile: int) -> str:
    return f"{TILES}{tile:06d}"


def tile_images(document: str) -> str:
    """Returns the prefix of the keys of all tile images of a document."""
    return f"tiles/{document}/"


def tile_page(document: str, page: int, grid: str) -> str:
    """Returns the folder of a page's tile images."""
    return f"{tile_images(document)}{page:05d}/{grid}"


def tile_image(document: str, page: int, grid: str, tile: int) -> str:
    return f"{tile_page(document, page, grid)}/{tile:06d}"


def grid_hash(*settings: object) -> str:
    """Returns a hash of all that changes a tile's pixels: dpi, size, overlap, colour, regions."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


def answers(document: str) -> str:
    """Returns the prefix of the keys of all answers of a document."""
    return f"answers/{document}/"


def answer_object(document: str, page: int, tile: int, reservation: str, shared: str = "") -> str:
    """Returns the key of an answer.

    It contains the reservation, so that a second answer never overwrites the first, and the name
    under which the answer is ``shared``, so that a list of answers tells of it.
    """
    name = "-".join(filter(None, (reservation, shared)))
    return f"{answers_of_tile(document, page, tile)}{name}.json"


def answers_of_tile(document: str, page: int, tile: int) -> str:
    """Returns the prefix of the keys of all answers for a tile."""
    return f"{answers(document)}{page:05d}/{tile:06d}-"


def shared_name(answer: str) -> str:
    """Returns the name under which an answer is shared, by its key; empty where it is not."""
    _, *parts = answer.rpartition("/")[2].removesuffix(".json").split("-")
    return parts[1] if len(parts) > 1 else ""


def shared_answer(name: str) -> dict[str, str]:
    """Returns the whole key of the row of a shared answer."""
    return {"pk": f"ANSWER#{name}", "sk": "SHARED"}


def layer_object(document: str, page: int) -> str:
    """Returns the key of the page's own visible text, which is kept like an answer."""
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
"""The partitions of one label, so that a frequent label is not one hot partition."""


def label_shard(label: str, result: str) -> str:
    """Returns the partition that holds the label's rows of this result set."""
    digest = hashlib.sha256(result.encode()).hexdigest()
    return f"{label}#{int(digest[:2], 16) % LABEL_SHARDS:02d}"


def label_shards(label: str) -> tuple[str, ...]:
    return tuple(f"{label}#{shard:02d}" for shard in range(LABEL_SHARDS))


def label_key(result: str, sort: str) -> str:
    return f"{result}#{sort}"


TEXT_PREFIX = 2
"""The characters of normalised text that choose the partition of the text index."""


def text_prefix(normalised: str) -> str:
    return normalised[:TEXT_PREFIX]


TEXT_BYTES = 900
"""The bytes of text in a sort key, which may have 1,024; two other keys follow them."""


def indexed_text(normalised: str) -> str:
    """Returns as much of a text as its index key holds, in whole characters."""
    return normalised.encode()[:TEXT_BYTES].decode(errors="ignore")


def text_key(normalised: str, result: str, sort: str) -> str:
    return f"{indexed_text(normalised)}#{result}#{sort}"
