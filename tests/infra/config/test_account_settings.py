"""Settings for a company's account are refused with the rule, the value and the remedy."""

from __future__ import annotations

from typing import Any

import pytest

from infra.config.errors import BadConfiguration
from infra.config.stack_config import Config
from tests.infra.config.sample_profiles import TEXT, parsed

VPC = {"id": "vpc-0a1b2c3d", "subnets": ["subnet-0a1b2c3d"], "route_tables": ["rtb-0a1b2c3d"]}
BUCKET = {"name": "company-uploads"}


def configured(**settings: Any) -> Config:
    return parsed(settings, text=TEXT | {"default": True})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stage": "Test Stage"}, "settings.stage: string should match pattern"),
        ({"stack_name": "1st"}, "settings.stack_name: string should match pattern"),
        (
            {"stage": "test", "stack_name": "Drawings"},
            "the name of a stage's stack contains the stage; stack_name is Drawings, stage is test",
        ),
        ({"tags": {"aws:x": "y"}}, "does not begin with aws:"),
        ({"tags": {"a": "b" * 257}}, "a value of at most 256"),
        ({"tags": {"owner": "a;b"}}, "letters, digits, spaces and . : / = + @ - _"),
        ({"tags": {str(n): "" for n in range(41)}}, "at most 40 tags; 41 are given; remove some"),
        ({"kms_key": "alias/mine"}, "settings.kms_key: string should match pattern"),
        ({"upload_kms_keys": ["mine"]}, "settings.upload_kms_keys.0: string should match pattern"),
        ({"vpc": VPC | {"subnets": []}}, "settings.vpc.subnets: tuple should have at least 1 item"),
        ({"vpc": VPC | {"subnets": ["subnet-0a1b2c3d"] * 2}}, "each id is named once"),
        (
            {"vpc": VPC | {"route_tables": []}},
            "s3 and dynamodb are not in existing_endpoints, and route_tables is empty; name the "
            "route tables, or the endpoints that the VPC has",
        ),
        (
            {"vpc": VPC | {"existing_endpoints": ["sqss"]}},
            "states, rekognition, textract; it names sqss",
        ),
        ({"documents_bucket": {"name": "Company"}}, "documents_bucket.name: string should match"),
        (
            {"documents_bucket": BUCKET | {"account": "12"}},
            "documents_bucket.account: string should match pattern",
        ),
        (
            {"documents_bucket": BUCKET, "version_retention_days": 90},
            "documents_bucket is company-uploads, which the stack does not own; set the rule on "
            "that bucket, and remove version_retention_days",
        ),
        (
            {"version_retention_days": 1},
            "version_retention_days is 1, oldest_due_hours 26; raise version_retention_days",
        ),
        (
            {"existing_stores": {"TilesBucket": "left-tiles"}},
            "existing_stores.TilesBucket.[key]: input should be 'DocumentsTable', ",
        ),
        ({"results_retention_days": 0}, "greater than or equal to 1; it is 0"),
        ({"permissions_boundary": "boundary"}, "settings.permissions_boundary: string should"),
    ],
)
def test_a_setting_that_breaks_a_rule_is_explained(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfiguration) as raised:
        configured(**settings)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "Tilescout"),
        ({"stage": "test"}, "Tilescout-test"),
        ({"stack_name": "Drawings"}, "Drawings"),
        ({"stage": "test", "stack_name": "test-drawings"}, "test-drawings"),
    ],
)
def test_a_stack_is_named_by_its_stage_or_its_name(settings: dict[str, str], name: str) -> None:
    assert configured(**settings).settings.name == name


@pytest.mark.parametrize("existing", [["s3", "dynamodb"], "all"])
def test_routes_are_needed_only_for_endpoints_that_are_made(existing: Any) -> None:
    vpc = VPC | {"route_tables": [], "existing_endpoints": existing}

    assert configured(vpc=vpc).settings.vpc is not None


def test_an_embedded_aws_gets_no_setting_that_names_things_of_an_account() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    config = configured(
        stage="test", kms_key="create", vpc=VPC, documents_bucket=BUCKET, tags={"a": "b"},
        permissions_boundary=boundary, merge_page_concurrency=2,
    )  # fmt: skip

    assert config.on_this_machine() == configured(tags={"a": "b"}, merge_page_concurrency=2)
