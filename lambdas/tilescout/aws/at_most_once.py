"""Writes that add to a number, and must never take effect twice."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

REFUSALS = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
"""Error codes after which nothing was written for certain, and another try may succeed."""
UNREACHED = (ConnectTimeoutError, EndpointConnectionError)
"""Errors without a connection: nothing was sent."""
PAUSES = (0.1, 0.3, 1.0, 3.0)
"""Seconds before the second to the last try; each pause lasts 50 to 100 % of that, at random."""


@dataclass(frozen=True, slots=True)
class AtMostOnce:
    """A table whose client makes one try per request: ``clients.dynamodb_at_most_once``."""

    table: Table

    def update(self, **request: Any) -> dict[str, Any] | None:
        """Returns the answer to an UpdateItem, or None where it may or may not have been made.

        None also says that the last try found no connection. The request is repeated only after a
        definite refusal or without a connection, never after a time-out, a broken connection or a
        server error. Raises ClientError for any other refusal, and for the last one.
        """
        for pause in PAUSES:
            try:
                return self._once(request)
            except UNREACHED:
                pass
            except ClientError as error:
                if error.response["Error"]["Code"] not in REFUSALS:
                    raise
            time.sleep(pause * random.uniform(0.5, 1.0))
        try:
            return self._once(request)
        except UNREACHED:
            return None

    def _once(self, request: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return dict(self.table.update_item(**request))
        except HTTPClientError:
            return None
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                return None
            raise
