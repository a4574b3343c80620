"""Errors of AWS and of the way to it, with cause and remedy."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from tilescout_cli.console.failures import TargetUnreachable

WITHOUT_AWS = "or work without AWS with --local"
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN_KEY = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch",
     "InvalidAccessKeyId"}
)  # fmt: skip
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403"})


def explain(error: BotoCoreError | ClientError) -> TargetUnreachable:
    """Returns the failure, with its cause and remedy, for any error of a client."""
    if isinstance(error, ClientError):
        return _failure_of_response(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return _failure(error, f"set AWS_PROFILE or run `aws configure`, {WITHOUT_AWS}")
    if isinstance(error, NoRegionError):
        return _failure(error, f"set AWS_REGION, {WITHOUT_AWS}")
    if isinstance(error, ProfileNotFound):
        return _failure(error, "correct AWS_PROFILE; `aws configure list-profiles` shows yours")
    if isinstance(error, SSOTokenLoadError | TokenRetrievalError | UnauthorizedSSOTokenError):
        return _failure(error, "log in again: `aws sso login`")
    if isinstance(error, EndpointConnectionError | ConnectionError | HTTPClientError):
        return _failure(error, f"check the network and AWS_REGION, {WITHOUT_AWS}")
    return _failure(error, "correct the AWS configuration")


def _failure_of_response(error: ClientError) -> TargetUnreachable:
    code = error.response["Error"].get("Code", "")
    if code in EXPIRED:
        return _failure(error, "log in again, the credentials have run out")
    if code in UNKNOWN_KEY:
        return _failure(error, f"the credentials are of no account; correct them, {WITHOUT_AWS}")
    if code in DENIED:
        return _failure(error, "ask for the right to do this, or use another AWS_PROFILE")
    return _failure(error, "look at the stack in CloudFormation, then try again")


def _failure(error: Exception, remedy: str) -> TargetUnreachable:
    what = " ".join(str(error).split()).rstrip(".")
    return TargetUnreachable(f"AWS cannot be used: {what}; {remedy}")
