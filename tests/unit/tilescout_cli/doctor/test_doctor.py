"""`tilescout doctor` against an account that answers as AWS does, healthy or with one fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli.cli_stack import OUTPUTS
from tilescout_cli.app import app

Answers = dict[str, Any]
TOPIC = "arn:aws:sns:us-east-1:123456789012:Alarms"
RESOURCES = {
    "Lambda::Function": "guard",
    "Events::Rule": "EveryMinute",
    "Scheduler::Schedule": "textract",
    "CloudWatch::Alarm": "GuardHeartbeat",
}
LAYER = {"Arn": "layer", "CodeSize": 60_000_000}
FUNCTION = {"FunctionName": "guard", "State": "Active", "LastUpdateStatus": "Successful"}
AES = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
BLOCKED = {"BlockPublicAcls": True, "BlockPublicPolicy": True}
RECOVERABLE = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}
QUOTAS = {"L-75788A8B": 25.0, "L-87CF5BA6": 50.0, "L-EA71C84A": 50.0}
"""The defaults of us-east-1, by their codes in Service Quotas."""
ALARM = {"AlarmName": "GuardHeartbeat", "StateValue": "OK", "AlarmDescription": "it does not run"}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "GetSomething")


def identity(arn: str = "arn:aws:iam::123456789012:user/me", off: int = 0) -> Any:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=off), usegmt=True)
    return {
        "Account": "123456789012",
        "Arn": arn,
        "ResponseMetadata": {"HTTPHeaders": {"date": date}},
    }


def stack(**changed: Any) -> Any:
    outputs = [
        {"OutputKey": name, "OutputValue": value}
        for name, value in (OUTPUTS | {"AlarmsTopicArn": TOPIC}).items()
    ]
    state = {"StackStatus": "UPDATE_COMPLETE", "EnableTerminationProtection": True}
    return {"Stacks": [state | {"StackName": "Tilescout", "Outputs": outputs} | changed]}


def healthy() -> Answers:
    """The answers of an account in which everything is as it should be."""
    resources = [
        {"PhysicalResourceId": id, "ResourceType": f"AWS::{kind}", "ResourceStatus": "COMPLETE"}
        for kind, id in RESOURCES.items()
    ]
    return {
        "GetCallerIdentity": identity(),
        "GetParameters": {"Parameters": [], "InvalidParameters": []},
        "GetParameter": {"Parameter": {"Value": "28"}},
        "GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 10}},
        "GetServiceQuota": lambda asked: {"Quota": {"Value": QUOTAS[asked["QuotaCode"]]}},
        "DescribeStacks": stack(),
        "ListStackResources": {"StackResourceSummaries": resources},
        "GetFunctionConfiguration": FUNCTION | {"Layers": [LAYER]},
        "ListEventSourceMappings": {
            "EventSourceMappings": [{"EventSourceArn": "arn:queue", "State": "Enabled"}]
        },
        "DescribeRule": {"Name": "EveryMinute", "State": "ENABLED"},
        "GetSchedule": {"State": "ENABLED"},
        "GetBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [AES]}},
        "GetPublicAccessBlock": {"PublicAccessBlockConfiguration": BLOCKED},
        "GetBucketVersioning": {"Status": "Enabled"},
        "DescribeContinuousBackups": {"ContinuousBackupsDescription": RECOVERABLE},
        "ListSubscriptionsByTopic": {"Subscriptions": [{"SubscriptionArn": f"{TOPIC}:1"}]},
        "DescribeAlarms": {"MetricAlarms": [ALARM]},
    }


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Returns a function that replaces answers of the account, by operation."""
    answers = healthy()
    for name in ("AWS_PROFILE", "AWS_REGION", "TILESCOUT_STACK"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def call(client: Any, operation: str, arguments: Any) -> Any:
        answer = answers[operation]
        if isinstance(answer, ClientError):
            raise ClientError(answer.response, operation)
        return answer(arguments) if callable(answer) else answer

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return answers.update


def doctor(*arguments: str) -> Result:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["doctor", *arguments])
    assert "Traceback" not in result.stderr
    return result


def results() -> tuple[int, dict[str, dict[str, str]]]:
    """Returns the exit code and the results by the names of their checks."""
    result = doctor("--json")
    return result.exit_code, {check["name"]: check for check in json.loads(result.stdout)}


def test_all_is_well_in_a_healthy_account(account: Callable[..., None]) -> None:
    code, found = results()

    assert (code, {check["level"] for check in found.values()}) == (0, {"ok"})
    assert sorted(found) == [
        "alarms",
        "backups",
        "bootstrap",
        "clock",
        "concurrency",
        "credentials",
        "encryption",
        "functions",
        "guard",
        "layers",
        "queues",
        "quota of custom-labels",
        "quota of rekognition-text",
        "quota of textract",
        "schedules",
        "services",
        "stack",
    ]


def test_lines_tell_what_is_wrong_and_what_to_do(account: Callable[..., None]) -> None:
    account(DescribeRule={"Name": "EveryMinute", "State": "DISABLED"})

    result = doctor()

    assert result.exit_code == 1
    assert "is switched off: nothing stops a forgotten model" in result.stdout
    assert "  enable the rule EveryMinute in EventBridge" in result.stdout
    assert "16 ok, 0 warnings, 1 error" in result.stdout


FAULTS: list[tuple[Answers, str, str, str]] = [
    # Answered when asked, so that the time which AWS tells is the time of the test.
    ({"GetCallerIdentity": lambda _: identity("arn:aws:iam::1:root")}, "credentials", "warning",
     "root user"),
    (
        {"GetParameters": {"InvalidParameters": [
            "/aws/service/global-infrastructure/regions/us-east-1/services/textract"]}},
        "services", "error", "textract is not in us-east-1",
    ),
    ({"GetParameter": refusal("ParameterNotFound")}, "bootstrap", "error", "`make bootstrap`"),
    ({"GetParameter": {"Parameter": {"Value": "5"}}}, "bootstrap", "error", "version 5 is too old"),
    (
        {"GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": 1000}}},
        "concurrency", "warning", "Lambda allows 1,000 executions at once",
    ),
    ({"GetServiceQuota": {"Quota": {"Value": 5.0}}}, "quota of textract", "warning",
     "set calls_per_second of textract to 5"),
    ({"GetServiceQuota": {"Quota": {"Value": 100.0}}}, "quota of textract", "warning",
     "100 calls per second are allowed, runs make 25: bulk work is slower than it need be"),
    ({"DescribeStacks": stack(StackStatus="UPDATE_ROLLBACK_COMPLETE")}, "stack", "warning",
     "the last deployment failed"),
    ({"DescribeStacks": stack(StackStatus="DELETE_FAILED")}, "stack", "error", "DELETE_FAILED"),
    ({"DescribeStacks": stack(EnableTerminationProtection=False)}, "protection", "warning",
     "a mistake can delete the stack"),
    ({"GetFunctionConfiguration": FUNCTION | {"LastUpdateStatus": "Failed", "Layers": [LAYER]}},
     "functions", "error", "guard is Active, Failed"),
    ({"GetFunctionConfiguration": FUNCTION | {"Layers": [LAYER | {"CodeSize": 300}]}},
     "layers", "error", "without packages: layer"),
    ({"ListEventSourceMappings": {"EventSourceMappings": [
        {"EventSourceArn": "arn:queue", "State": "Disabled"}]}},
     "queues", "error", "not read by their functions: queue"),
    ({"GetSchedule": {"State": "DISABLED"}}, "schedules", "warning", "switched off: textract"),
    ({"GetBucketEncryption": refusal("ServerSideEncryptionConfigurationNotFoundError")},
     "encryption", "error", "not encrypted"),
    ({"GetPublicAccessBlock": refusal("NoSuchPublicAccessBlockConfiguration")},
     "public access", "error", "not blocked"),
    ({"GetBucketVersioning": {}}, "versions", "error", "enable versioning"),
    ({"DescribeContinuousBackups": {"ContinuousBackupsDescription": {}}},
     "backups", "warning", "no point-in-time recovery"),
    ({"ListSubscriptionsByTopic": {"Subscriptions": []}}, "alarms", "warning", "set alarm_email"),
    ({"ListSubscriptionsByTopic": {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}},
     "alarms", "warning", "confirm the mail of AWS"),
    ({"DescribeAlarms": {"MetricAlarms": [ALARM | {"StateValue": "ALARM"}]}},
     "alarm", "warning", "GuardHeartbeat: it does not run"),
    ({"DescribeRule": refusal("AccessDenied")}, "guard", "warning", "DescribeRule is denied"),
    ({"DescribeRule": refusal("Throttling")}, "guard", "error", "Throttling"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "name", "level", "said"), FAULTS, ids=[f"{each[1]}: {each[3]}" for each in FAULTS]
)
def test_a_fault_is_told_with_its_remedy(
    account: Callable[..., None], fault: Answers, name: str, level: str, said: str
) -> None:
    account(**fault)

    code, found = results()

    check = found[name]
    assert (code, check["level"]) == (int(level == "error"), level)
    assert said in f"{check['what']}; {check['remedy']}"
    assert check["remedy"]


@pytest.mark.parametrize(("off", "level"), [(-3600, "error"), (150, "warning")])
def test_a_wrong_clock_is_told(account: Callable[..., None], off: int, level: str) -> None:
    account(GetCallerIdentity=identity(off=off))

    _, found = results()

    assert (found["clock"]["level"], found["clock"]["remedy"]) == (level, "set the clock by NTP")


def test_the_account_is_checked_before_there_is_a_stack(account: Callable[..., None]) -> None:
    account(DescribeStacks=refusal("ValidationError"))

    code, found = results()

    assert (code, found["stack"]["level"]) == (0, "warning")
    assert "there is no stack Tilescout in us-east-1" in found["stack"]["what"]
    assert "queues" not in found


def test_without_credentials_nothing_else_is_checked(account: Callable[..., None]) -> None:
    account(GetCallerIdentity=refusal("ExpiredToken"))

    code, found = results()

    assert (code, list(found)) == (1, ["credentials"])
    assert found["credentials"]["remedy"] == "log in again, the credentials have run out"


def test_where_aws_publishes_no_regions_the_list_of_the_sdk_decides(
    account: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "af-south-1")
    names = [f"/aws/service/global-infrastructure/regions/af-south-1/services/{service}"
             for service in ("rekognition", "s3", "textract")]  # fmt: skip
    account(GetParameters={"InvalidParameters": names})

    _, found = results()

    assert found["services"]["level"] == "error"
    assert "is not in af-south-1" in found["services"]["what"]


def test_a_quota_that_was_never_changed_is_that_of_aws(account: Callable[..., None]) -> None:
    account(
        GetServiceQuota=refusal("NoSuchResourceException"),
        GetAWSDefaultServiceQuota={"Quota": {"Value": 3.0}},
    )

    _, found = results()

    assert "3 calls per second are allowed" in found["quota of textract"]["what"]


@pytest.mark.parametrize(
    ("endpoints", "level"), [(["s3", "sqs"], "ok"), (["s3"], "warning"), ([], "warning")]
)
def test_a_network_without_an_endpoint_is_told(
    account: Callable[..., None], endpoints: list[str], level: str
) -> None:
    found = [
        {"ServiceName": f"com.amazonaws.us-east-1.{name}", "State": "available"}
        for name in endpoints
    ]
    deployed = stack()
    deployed["Stacks"][0]["Outputs"] += [{"OutputKey": "VpcEndpoints", "OutputValue": "s3,sqs"}]
    account(DescribeStacks=deployed, DescribeVpcEndpoints={"VpcEndpoints": found})

    assert results()[1]["network"]["level"] == level


def test_local_tells_what_is_not_running(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("TILESCOUT_HOME", str(tmp_path_factory.mktemp("none")))

    result = doctor("--local")

    assert (result.exit_code, "no embedded AWS is running" in result.stdout) == (0, True)
    assert "start one with `tilescout local up`" in result.stdout


def test_local_and_stack_exclude_each_other() -> None:
    assert doctor("--local", "--stack", "Other").exit_code == 2
