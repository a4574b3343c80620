"""Checks of the credentials, the region, its quotas, and what a deployment needs there."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tilescout.detector_kinds import DetectorKind
from tilescout_cli.console import clock
from tilescout_cli.doctor.checks import Check, Examine, Subject, error, ok, warning

MAX_SKEW, SUSPICIOUS_SKEW = 300, 30
"""Seconds; AWS refuses requests whose time is wrong by more than five minutes."""
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
MIN_BOOTSTRAP = 6
SERVICES = "/aws/service/global-infrastructure/regions/{region}/services/{service}"
CONCURRENCY_REMEDY = "set account_concurrency to it and deploy, or ask for a higher quota"
DEFAULT_CONCURRENCY = 10


def credentials(subject: Subject) -> Iterator[Check]:
    """Yields who the credentials are, and how far this machine's clock is off."""
    identity = subject.clients.of("sts").get_caller_identity()
    who = f"account {identity['Account']} in {subject.region}, {identity['Arn']}"
    if identity["Arn"].endswith(":root"):
        yield warning("credentials", f"{who}: the root user", "use a role or a user of its own")
    else:
        yield ok("credentials", who)
    yield _clock(identity["ResponseMetadata"]["HTTPHeaders"].get("date", ""))


def _clock(date: str) -> Check:
    if not date:
        return warning("clock", "AWS told no time", "compare the clock by hand")
    skew = round(abs(parsedate_to_datetime(date).timestamp() - clock.now()))
    if skew <= SUSPICIOUS_SKEW:
        return ok("clock", f"{skew} s from that of AWS")
    level = error if skew > MAX_SKEW else warning
    return level("clock", f"{skew} s from that of AWS", "set the clock by NTP")


def services(subject: Subject) -> Iterator[Check]:
    """Yields whether the region has the services of the profiles' detectors."""
    wanted = sorted({kind.service for kind in subject.kinds if kind.service})
    missing = _missing_services(subject, wanted)
    for service in missing:
        remedy = "choose another region (AWS_REGION), or remove the profiles that use it"
        yield error("services", f"{service} is not in {subject.region}", remedy)
    if not missing:
        yield ok("services", f"{', '.join(wanted) or 'none needed'} in {subject.region}")


def _missing_services(subject: Subject, wanted: list[str]) -> list[str]:
    """Returns services that the region lacks, by AWS's public list, else by that of boto3."""
    names = {
        SERVICES.format(region=subject.region, service=service): service
        for service in (*wanted, "s3")
    }
    answer = subject.clients.of("ssm").get_parameters(Names=list(names))
    missing = {names[name] for name in answer["InvalidParameters"]}
    if "s3" not in missing:
        return sorted(missing)
    session = boto3.Session()
    return [each for each in wanted if subject.region not in session.get_available_regions(each)]


def bootstrap(subject: Subject) -> Iterator[Check]:
    """Yields whether `make bootstrap` was run, by a CDK that is new enough."""
    try:
        found = subject.clients.of("ssm").get_parameter(Name=BOOTSTRAP)["Parameter"]["Value"]
    except ClientError as failure:
        if failure.response["Error"]["Code"] != "ParameterNotFound":
            raise
        yield error("bootstrap", "the region is not prepared for CDK", "run `make bootstrap`")
        return
    if int(found) < MIN_BOOTSTRAP:
        yield error("bootstrap", f"version {found} is too old", "run `make bootstrap`")
    else:
        yield ok("bootstrap", f"version {found}")


def concurrency(subject: Subject) -> Iterator[Check]:
    """Yields whether account_concurrency is what Lambda allows the account."""
    limits = subject.clients.of("lambda").get_account_settings()["AccountLimit"]
    quota = int(limits["ConcurrentExecutions"])
    setting = int(subject.settings.get("account_concurrency", DEFAULT_CONCURRENCY))
    what = f"Lambda allows {quota:,} executions at once, account_concurrency is {setting:,}"
    if setting > quota:
        yield error("concurrency", f"{what}: uploads would starve the guard", CONCURRENCY_REMEDY)
    elif setting < quota:
        yield warning("concurrency", f"{what}: bulk work is slower than it need be",
                      CONCURRENCY_REMEDY)  # fmt: skip
    else:
        yield ok("concurrency", what)


def quotas(subject: Subject) -> Iterator[Check]:
    """Yields the calls per second that each service allows, and those that runs make."""
    for kind in subject.kinds:
        if kind.quota and kind.service:
            yield _quota(subject, kind)


def _quota(subject: Subject, kind: DetectorKind) -> Check:
    assert kind.quota is not None
    name = f"quota of {kind.name}"
    allowed = _applied(subject, kind.service, kind.quota.code)
    set_to = subject.settings.get("calls_per_second", {}).get(kind.name)
    made = float(set_to or kind.quota.in_region(subject.region))
    if allowed is None:
        return warning(name, f"{kind.quota.code} is unknown to Service Quotas; runs make {made:g} "
                       "calls per second", "see Service Quotas in the console")  # fmt: skip
    what = f"{allowed:g} calls per second are allowed, runs make {made:g}"
    if made > allowed:
        remedy = f"set calls_per_second of {kind.name} to {allowed:g}, or ask for a higher quota"
        return warning(name, f"{what}: they are throttled", remedy)
    if made < allowed and not kind.needs_start:
        remedy = f"set calls_per_second of {kind.name} to {allowed:g} and deploy"
        return warning(name, f"{what}: bulk work is slower than it need be", remedy)
    return ok(name, what)


def _applied(subject: Subject, service: str, code: str) -> float | None:
    """Returns the applied quota, or AWS's default where none was applied yet."""
    client = subject.clients.of("service-quotas")
    for ask in (client.get_service_quota, client.get_aws_default_service_quota):
        try:
            answer: dict[str, Any] = ask(ServiceCode=service, QuotaCode=code)
        except ClientError as failure:
            if failure.response["Error"]["Code"] != "NoSuchResourceException":
                raise
        else:
            return float(answer["Quota"]["Value"])
    return None


ACCOUNT: dict[str, Examine] = {
    "services": services,
    "bootstrap": bootstrap,
    "concurrency": concurrency,
    "quotas": quotas,
}
"""The checks of an account, in order, once its credentials are good."""
