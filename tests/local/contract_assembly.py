"""A small cloud assembly, as the CDK writes one, with the resource kinds of the real stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FUNCTIONS = Path(__file__).with_name("contract_functions")
BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
CODE = {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": "code.zip"}
HANDLERS = {
    "Echo": "echo",
    "Fail": "fail",
    "Hang": "hang",
    "Linger": "hang",
    "Leave": "leave",
    "Grow": "grow",
    "Oversized": "oversized",
    "NotJson": "not_json",
    "Missing": "missing",
    "ReadText": "read_text",
    "TakeBatch": "take_batch",
    "Note": "note",
    "Clock": "clock",
}


def arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def write_assembly(folder: Path) -> Path:
    """Writes manifest, asset manifest and template into `folder`."""
    place = {"bucketName": BUCKET, "assumeRoleArn": "unused"}
    files = {
        "code": {
            "source": {"path": str(FUNCTIONS), "packaging": "zip"},
            "destinations": {"current": {**place, "objectKey": "code.zip"}},
        },
        "layer": {
            "source": {"path": "there/is/no/such/folder", "packaging": "zip"},
            "destinations": {"current": {**place, "objectKey": "layer.zip"}},
        },
        "template": {
            "source": {"path": "Contract.template.json", "packaging": "file"},
            "destinations": {"current": {**place, "objectKey": "template.json"}},
        },
    }
    artifacts = {
        "Contract.assets": {
            "type": "cdk:asset-manifest",
            "properties": {"file": "Contract.assets.json"},
        },
        "Contract": {
            "type": "aws:cloudformation:stack",
            "properties": {
                "templateFile": "Contract.template.json",
                "stackTemplateAssetObjectUrl": f"s3://{BUCKET}/template.json",
            },
            "dependencies": ["Contract.assets"],
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (folder / "Contract.assets.json").write_text(json.dumps({"files": files}))
    (folder / "Contract.template.json").write_text(json.dumps(template()))
    return folder


def template() -> dict[str, Any]:
    resources = {**_storage(), **_functions(), **_workflows(), **_schedules()}
    return {
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": "/cdk-bootstrap/hnb659fds/version",
            }
        },
        "Resources": resources,
        "Outputs": {name: {"Value": {"Ref": name}} for name in resources},
    }


def _storage() -> dict[str, Any]:
    redrive = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 2}
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn("Uploads"),
    }
    notify = {"Event": "s3:ObjectCreated:*", "Queue": arn("Uploads")}
    prefix = {"S3Key": {"Rules": [{"Name": "prefix", "Value": "incoming/"}]}}
    return {
        "DeadLetters": {"Type": "AWS::SQS::Queue"},
        "Work": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"VisibilityTimeout": 2, "RedrivePolicy": redrive},
        },
        "Uploads": {"Type": "AWS::SQS::Queue"},
        "UploadsPolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Uploads"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]},
            },
        },
        "Documents": {
            "Type": "AWS::S3::Bucket",
            "DependsOn": ["UploadsPolicy"],
            "Properties": {
                "VersioningConfiguration": {"Status": "Enabled"},
                "NotificationConfiguration": {
                    "QueueConfigurations": [{**notify, "Filter": prefix}]
                },
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"}
                    for name in ("owner", "item", "label")
                ],
                "KeySchema": _keys("owner", "item"),
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-label",
                        "KeySchema": _keys("label", "item"),
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
            },
        },
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def _functions() -> dict[str, Any]:
    functions = {
        name: _function(handler, seconds=1 if name == "Hang" else 30)
        for name, handler in HANDLERS.items()
    }
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
        },
        "Layer": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"Content": {**CODE, "S3Key": "layer.zip"}},
        },
        **functions,
        "WorkMapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": arn("Work"),
                "FunctionName": {"Ref": "TakeBatch"},
                "BatchSize": 5,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 2},
            },
        },
        "OffMapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": arn("DeadLetters"),
                "FunctionName": {"Ref": "TakeBatch"},
                "Enabled": False,
            },
        },
    }


def _function(handler: str, seconds: int) -> dict[str, Any]:
    variables = {"TABLE": {"Ref": "Table"}, "COLOUR": "grey"}
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": CODE,
            "Handler": f"probe.{handler}",
            "Role": arn("Role"),
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "MemorySize": 256,
            "Timeout": seconds,
            "Layers": [{"Ref": "Layer"}],
            "Environment": {"Variables": variables},
        },
    }


def _workflows() -> dict[str, Any]:
    retry = [{"ErrorEquals": ["OutOfPaper"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["OutOfPaper"], "ResultPath": "$.error", "Next": "Last"}]
    fail = {**_task("Fail"), "Retry": retry}
    large = {"note": "large", "twice.$": "States.Array($.text, $.text)"}
    anything = [{"ErrorEquals": ["States.ALL"], "Next": "Last"}]
    note = {"Type": "Task", "Resource": "${Note}"}
    return {
        "Retrying": _machine({**fail, "Catch": catch}),
        "Failing": _machine(fail),
        "Slow": _machine({"Type": "Wait", "Seconds": 3}, TimeoutSeconds=1),
        "Waiting": _machine({"Type": "Wait", "Seconds": 2}),
        "HalfMinute": _machine({"Type": "Wait", "Seconds": 30}),
        "Large": _machine({**note, "Parameters": large, "Catch": anything}),
        "Noting": _machine(note),
        "Alarm": _alarm(),
    }


def _alarm() -> dict[str, Any]:
    metric = {"Namespace": "AWS/States", "MetricName": "ExecutionsFailed"}
    stat = {"Metric": metric, "Period": 300, "Stat": "Sum"}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "Metrics": [
                {"Id": "sum", "Expression": "failed + 0", "ReturnData": True},
                {"Id": "failed", "MetricStat": stat, "ReturnData": False},
            ],
        },
    }


def _task(function: str) -> dict[str, Any]:
    parameters = {"FunctionName": f"${{{function}}}", "Payload.$": "$"}
    resource = "arn:aws:states:::lambda:invoke"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters}


def _machine(first: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Returns a machine of two states: `first`, then one that passes its input on."""
    states = {"First": {**first, "Next": "Last"}, "Last": {"Type": "Pass", "End": True}}
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "DefinitionString": json.dumps({"StartAt": "First", "States": states, **settings}),
            "DefinitionSubstitutions": {name: arn(name) for name in ("Fail", "Note")},
            "RoleArn": arn("Role"),
        },
    }


def _schedules() -> dict[str, Any]:
    note = {"note": "from-schedule", "time": "<aws.scheduler.scheduled-time>"}
    target = {"Arn": arn("Noting"), "RoleArn": arn("Role"), "Input": json.dumps(note)}
    return {
        "Schedule": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "ScheduleExpression": "rate(1 minute)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": target,
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": "rate(1 minute)",
                "Targets": [
                    {"Id": "note", "Arn": arn("Note"), "Input": json.dumps({"note": "from-rule"})}
                ],
            },
        },
        "RulePermission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": arn("Note"),
                "Principal": "events.amazonaws.com",
                "SourceArn": arn("Rule"),
            },
        },
    }
