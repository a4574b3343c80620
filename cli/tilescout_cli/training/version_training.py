"""Training a version of a Custom Labels project: started once, watched any number of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, HTTPClientError

from tilescout.pricing import MAX_TRAINING_HOURS, MIN_TRAINING_HOURS, PriceTable
from tilescout_cli.console import clock
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.terminal import dollars
from tilescout_cli.models import versions
from tilescout_cli.models.costs import lasting
from tilescout_cli.stack.target import Stack
from tilescout_cli.training import projects, uploaded_set
from tilescout_cli.training.uploaded_set import TrainingSet

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

IN_TRAINING, FAILED = "TRAINING_IN_PROGRESS", "TRAINING_FAILED"
POLL_SECONDS, LOCAL_POLL_SECONDS = 30.0, 1.0
ITERATIONS_TAG = "tilescout:iterations"
"""Bounds a training on this machine; to AWS it is a tag like any other."""
Step = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedVersion:
    """A version as it is now; ``f1`` 0 to 1 and ``seconds`` billed once it has been trained.

    ``begun_at`` in seconds since the epoch, ``place`` is where its results are to be.
    """

    project: str
    name: str
    arn: str
    status: str
    message: str
    begun_at: float
    place: str
    f1: float | None
    seconds: int
    summary: dict[str, str] | None

    @property
    def is_trained(self) -> bool:
        return self.f1 is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to train a set in a project, under a name."""

    stack: Stack
    project: str
    version: str
    training_set: TrainingSet
    iterations: int | None

    @property
    def prefix(self) -> str:
        return self.training_set.prefix(self.project)

    @property
    def output(self) -> str:
        return f"{self.prefix}results"


def default_version(training_set: TrainingSet) -> str:
    """Returns the same name for the same set, so that training it again finds what was trained."""
    return f"set-{training_set.digest}"


def look(rekognition: RekognitionClient, project: str, version: str) -> TrainedVersion | None:
    """Returns the version of that name; None where the account has none."""
    arn = versions.find_project(rekognition, project)
    if not arn:
        return None
    answer = rekognition.describe_project_versions(ProjectArn=arn, VersionNames=[version])
    return next((_of(project, each) for each in answer["ProjectVersionDescriptions"]), None)


def every(rekognition: RekognitionClient, project: str) -> list[TrainedVersion]:
    """Returns all versions of the project, newest first; none where there is no project."""
    arn = versions.find_project(rekognition, project)
    if not arn:
        return []
    pages = rekognition.get_paginator("describe_project_versions").paginate(ProjectArn=arn)
    found = [_of(project, each) for page in pages for each in page["ProjectVersionDescriptions"]]
    return sorted(found, key=lambda each: -each.begun_at)


def _of(project: str, described: Any) -> TrainedVersion:
    evaluated = described.get("EvaluationResult", {})
    created = described.get("CreationTimestamp")
    return TrainedVersion(
        project=project,
        name=described["ProjectVersionArn"].split("/")[3],
        arn=described["ProjectVersionArn"],
        status=described["Status"],
        message=described.get("StatusMessage", ""),
        begun_at=created.timestamp() if created else 0.0,
        place=described.get("OutputConfig", {}).get("S3KeyPrefix", ""),
        f1=evaluated.get("F1Score"),
        seconds=described.get("BillableTrainingTimeInSeconds", 0),
        summary=evaluated.get("Summary", {}).get("S3Object"),
    )


def known(request: Request) -> TrainedVersion | None:
    """Returns what was started under this name already, or None.

    Raises BadUsage where that was another set, or the training failed.
    """
    found = look(request.stack.clients.rekognition, request.project, request.version)
    if found is None:
        return None
    if found.place.rstrip("/") != request.output:
        raise BadUsage(
            f"project {request.project} has a version {found.name}, {found.status}, that was not "
            "trained with this set; name another with --version-name"
        )
    if found.status == FAILED:
        raise BadUsage(
            f"version {found.name} is {FAILED}: {found.message} A name cannot be used again; "
            "correct the set, or name another version with --version-name"
        )
    return found


def quote(prices: PriceTable, max_cost: float | None) -> str:
    """Returns what training on AWS may cost. Raises BadUsage for a cap that cannot be kept.

    Custom Labels has no call that ends a training, and does not delete a version in training.
    """
    hour = prices.custom_labels_training_hour
    least, most = hour * MIN_TRAINING_HOURS, hour * MAX_TRAINING_HOURS
    cap = most if max_cost is None else max_cost
    if cap < most:
        raise BadUsage(
            f"a training may take {MAX_TRAINING_HOURS:g} hours, {dollars(most)}, and AWS has "
            f"no call that ends one, so {dollars(cap)} cannot be kept; raise --max-cost to "
            f"{most:g}, or train a model of your own: tilescout onnx train SET --out FILE"
        )
    return (
        f"training costs {dollars(hour)} per hour of a training that succeeds; it takes "
        f"{60 * MIN_TRAINING_HOURS:g} minutes to {MAX_TRAINING_HOURS:g} hours, so "
        f"{dollars(least)} to {dollars(most)}. Nothing can end it sooner; cap {dollars(cap)}"
    )


def begin(request: Request, step: Step) -> TrainedVersion:
    """Uploads what is missing, starts the training, and returns the version.

    Raises CommandFailed, BadUsage.
    """
    stack, rekognition = request.stack, request.stack.clients.rekognition
    uploaded_set.upload(
        request.training_set, stack.clients.s3, stack.results_bucket, request.prefix,
        lambda done, of: step("uploading tiles", f"{done} of {of}"),
    )  # fmt: skip
    project = projects.ensure_project(rekognition, request.project)
    projects.ensure_datasets(
        rekognition, project, request.training_set.digest, stack.results_bucket, request.prefix,
        lambda text: step(text, ""),
    )  # fmt: skip
    _create(request, project)
    found = look(rekognition, request.project, request.version)
    if found is None:
        raise CommandFailed(
            f"AWS accepted version {request.version} and does not show it; the same command "
            "looks again and begins nothing twice"
        )
    return found


def _create(request: Request, project: str) -> None:
    """Creates the version, in one request. A name is taken once, so that neither a lost reply nor a
    second person starts a second training."""
    iterations = {ITERATIONS_TAG: str(request.iterations)} if request.iterations else {}
    tags = {projects.TAG: request.training_set.digest} | iterations
    rekognition = request.stack.clients.training
    try:
        rekognition.create_project_version(
            ProjectArn=project,
            VersionName=request.version,
            OutputConfig={
                "S3Bucket": request.stack.results_bucket,
                "S3KeyPrefix": request.output,
            },
            Tags=tags,
        )
    except HTTPClientError:
        if look(rekognition, request.project, request.version) is None:
            raise
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code == "ResourceInUseException":
            return
        if code in ("LimitExceededException", "InvalidParameterException"):
            raise CommandFailed(f"version {request.version} is not trained: {said}") from error
        raise


def watch(
    request: Request, found: TrainedVersion, prices: PriceTable, step: Step
) -> TrainedVersion:
    """Returns the version once it is in training no more."""
    pause = LOCAL_POLL_SECONDS if request.stack.home else POLL_SECONDS
    while found.status == IN_TRAINING:
        seconds = max(0.0, clock.now() - found.begun_at)
        usd = prices.custom_labels_training_hour * seconds / 3600
        paid = "" if request.stack.home else f", {dollars(usd)} so far"
        step(f"training {found.name}", f"{lasting(seconds)}{paid}. {found.message}")
        clock.wait(pause)
        now = look(request.stack.clients.rekognition, request.project, request.version)
        if now is None:
            raise CommandFailed(f"version {found.name} was deleted while it was in training")
        found = now
    return found
