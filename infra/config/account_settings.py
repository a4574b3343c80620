"""Settings by which a stack fits into a company's account: names, keys, network, retention."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from infra.config.errors import BrokenRule
from tilescout.detector_kinds import KINDS

DEFAULT_NAME = "Tilescout"
PARTITION = r"arn:aws(?:-us-gov|-cn)?"
KEY_ARN = rf"{PARTITION}:kms:[a-z0-9-]+:\d{{12}}:key/[A-Za-z0-9-]+"
MAX_TAGS = 40
"""CloudFormation takes 50 tags per stack, and keeps some for itself."""
TAG_CHARACTERS = re.compile(r"[\w\s.:/=+@-]*")

HEX = "(?:[0-9a-f]{8}|[0-9a-f]{17})"
KeyArn = Annotated[str, Field(pattern=rf"^{KEY_ARN}$")]
Days = Annotated[int, Field(ge=1, le=36_500)]
GATEWAYS = ("s3", "dynamodb")
"""Endpoints that cost nothing, and are entries of route tables."""
SERVICES = tuple(sorted({kind.service for kind in KINDS.values()} - {""}))
ENDPOINTS = (*GATEWAYS, "sqs", "events", "states", *SERVICES)
"""Endpoints that functions may need, by the last part of their names."""


StoreName = Literal[
    "DocumentsTable", "DetectionsTable", "LedgerTable", "ResultsBucket", "ModelsBucket"
]
"""Stores that a stack may take over from another; for documents there is ``documents_bucket``."""


class Vpc(BaseModel):
    """The network of a company, in which the functions run without a way to the internet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=rf"^vpc-{HEX}$")]
    subnets: Annotated[
        tuple[Annotated[str, Field(pattern=rf"^subnet-{HEX}$")], ...], Field(min_length=1)
    ]
    security_groups: tuple[Annotated[str, Field(pattern=rf"^sg-{HEX}$")], ...] = ()
    existing_endpoints: tuple[str, ...] | Literal["all"] = ()
    route_tables: tuple[Annotated[str, Field(pattern=rf"^rtb-{HEX}$")], ...] = ()

    @field_validator("subnets", "security_groups", "route_tables")
    @classmethod
    def _names_each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise BrokenRule("each id is named once", f"{repeated[0]} is repeated", "remove one")
        return names

    @field_validator("existing_endpoints")
    @classmethod
    def _names_endpoints(cls, names: tuple[str, ...] | str) -> tuple[str, ...] | str:
        unknown = (
            [] if isinstance(names, str) else [name for name in names if name not in ENDPOINTS]
        )
        if unknown:
            raise BrokenRule(
                f'existing_endpoints is "all", or names some of {", ".join(ENDPOINTS)}',
                f"it names {', '.join(unknown)}",
                "remove what functions do not call",
            )
        return names

    @model_validator(mode="after")
    def _gateways_have_routes(self) -> Self:
        missing = [name for name in GATEWAYS if not self.has_endpoint(name)]
        if missing and not self.route_tables:
            raise BrokenRule(
                "the endpoints s3 and dynamodb are entries of route tables of the subnets",
                f"{' and '.join(missing)} are not in existing_endpoints, and route_tables is empty",
                "name the route tables, or the endpoints that the VPC has",
            )
        return self

    def has_endpoint(self, service: str) -> bool:
        """Returns True where the network has a way to the service already."""
        return self.existing_endpoints == "all" or service in self.existing_endpoints


class DocumentsBucket(BaseModel):
    """A bucket of the company that takes the uploads, also one of another account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    account: Annotated[str, Field(pattern=r"^$|^\d{12}$")] = ""
    events: Literal["notification", "eventbridge"] = "notification"


class AccountSettings(BaseModel):
    """Settings that most accounts leave as they are; every one has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: Annotated[str, Field(pattern=r"^$|^[a-z][a-z0-9-]{0,29}$")] = ""
    stack_name: Annotated[str, Field(pattern=r"^$|^[A-Za-z][A-Za-z0-9-]{0,79}$")] = ""
    tags: dict[str, str] = Field(default_factory=dict)
    kms_key: Annotated[str, Field(pattern=rf"^$|^create$|^{KEY_ARN}$")] = ""
    upload_kms_keys: tuple[KeyArn, ...] = ()
    vpc: Vpc | None = None
    documents_bucket: DocumentsBucket | None = None
    existing_stores: dict[StoreName, Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]] = (
        Field(default_factory=dict)
    )
    results_retention_days: Days | None = None
    version_retention_days: Days | None = None
    permissions_boundary: Annotated[
        str, Field(pattern=rf"^$|^{PARTITION}:iam::(?:\d{{12}}|aws):policy/[\w+=,.@/-]+$")
    ] = ""
    dashboard: bool = True

    @property
    def name(self) -> str:
        """The name of the stack, and the namespace of its metrics."""
        return self.stack_name or "-".join(filter(None, (DEFAULT_NAME, self.stage)))

    @model_validator(mode="after")
    def _has_one_name(self) -> Self:
        if self.stage and self.stack_name and self.stage not in self.stack_name:
            raise BrokenRule(
                "the name of a stage's stack contains the stage",
                f"stack_name is {self.stack_name}, stage is {self.stage}",
                "set one of them, or name the stage in stack_name",
            )
        return self

    @field_validator("tags")
    @classmethod
    def _tags_can_be_set(cls, tags: dict[str, str]) -> dict[str, str]:
        if len(tags) > MAX_TAGS:
            raise BrokenRule(f"at most {MAX_TAGS} tags", f"{len(tags)} are given", "remove some")
        for key, value in tags.items():
            good = 0 < len(key) <= 128 and len(value) <= 256 and not key.lower().startswith("aws:")
            if not good or not TAG_CHARACTERS.fullmatch(key + value):
                raise BrokenRule(
                    "a tag has a key of 1 to 128 characters that does not begin with aws:, and a "
                    "value of at most 256: letters, digits, spaces and . : / = + @ - _",
                    f"one is {key!r}: {value!r}",
                    "correct it",
                )
        return tags

    @model_validator(mode="after")
    def _versions_are_kept_where_they_are_ours(self) -> Self:
        if self.version_retention_days and self.documents_bucket:
            raise BrokenRule(
                "version_retention_days is a lifecycle rule of the stack's own documents bucket",
                f"documents_bucket is {self.documents_bucket.name}, which the stack does not own",
                "set the rule on that bucket, and remove version_retention_days",
            )
        return self

    def existing(self, store: str) -> str:
        """Returns the name of a store that another stack made; empty where this one makes it."""
        return {str(name): physical for name, physical in self.existing_stores.items()}.get(
            store, ""
        )

    def on_this_machine(self) -> Self:
        """Returns the settings without names of things that only an account of AWS has."""
        own = ("vpc", "documents_bucket", "kms_key", "upload_kms_keys", "permissions_boundary",
               "existing_stores")  # fmt: skip
        named = ("stage", "stack_name")
        defaults = {
            name: type(self).model_fields[name].get_default(call_default_factory=True)
            for name in (*own, *named)
        }
        return self.model_copy(update=defaults)
