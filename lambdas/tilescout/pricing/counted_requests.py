"""The requests and units that AWS bills around tiles, pages, documents and detections.

Counted by the tests. With COUNTS=lambdas/tilescout/pricing/counted_requests.py, it is written by

    python -m pytest tests/handlers/test_usage.py --counts $COUNTS

A document's counts are those of one that has a run of its own. Calls of detectors and the time of
functions are not in here.
"""

from __future__ import annotations

from collections.abc import Mapping

COUNTS: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "custom-labels": {
        "tile": {
            "dynamodb_read": 4.75,
            "dynamodb_write": 7.0,
            "lambda_request": 1.0,
            "s3_get": 2.0,
            "s3_put": 2.0,
            "sqs_request": 2.1,
        },
        "page": {
            "dynamodb_read": 9.0,
            "dynamodb_write": 8.0,
            "lambda_request": 1.0,
            "s3_get": 1.0,
            "s3_put": 1.0,
            "sqs_request": 2.1,
        },
        "document": {
            "dynamodb_read": 87.5,
            "dynamodb_write": 109.0,
            "eventbridge_event": 1.0,
            "lambda_request": 17.0,
            "s3_get": 5.0,
            "s3_put": 2.0,
            "sqs_request": 6.5,
            "step_functions_transition": 40.0,
        },
        "detection": {"dynamodb_write": 2.0},
    },
    "textract": {
        "tile": {
            "dynamodb_read": 4.75,
            "dynamodb_write": 7.0,
            "lambda_request": 1.0,
            "s3_get": 2.0,
            "s3_put": 2.0,
            "sqs_request": 2.1,
        },
        "page": {
            "dynamodb_read": 9.0,
            "dynamodb_write": 8.0,
            "lambda_request": 1.0,
            "s3_get": 1.0,
            "s3_put": 1.0,
            "sqs_request": 2.1,
        },
        "document": {
            "dynamodb_read": 51.5,
            "dynamodb_write": 82.0,
            "eventbridge_event": 1.0,
            "lambda_request": 9.0,
            "s3_get": 5.0,
            "s3_put": 2.0,
            "sqs_request": 6.5,
            "step_functions_transition": 16.0,
        },
        "detection": {"dynamodb_write": 2.0},
    },
    "rekognition-text": {
        "tile": {
            "dynamodb_read": 4.75,
            "dynamodb_write": 7.0,
            "lambda_request": 1.0,
            "s3_get": 2.0,
            "s3_put": 2.0,
            "sqs_request": 2.1,
        },
        "page": {
            "dynamodb_read": 9.0,
            "dynamodb_write": 8.0,
            "lambda_request": 1.0,
            "s3_get": 1.0,
            "s3_put": 1.0,
            "sqs_request": 2.1,
        },
        "document": {
            "dynamodb_read": 51.5,
            "dynamodb_write": 82.0,
            "eventbridge_event": 1.0,
            "lambda_request": 9.0,
            "s3_get": 5.0,
            "s3_put": 2.0,
            "sqs_request": 6.5,
            "step_functions_transition": 16.0,
        },
        "detection": {"dynamodb_write": 2.0},
    },
    "pdf-text": {
        "tile": {},
        "page": {
            "dynamodb_read": 7.0,
            "dynamodb_write": 6.0,
            "lambda_request": 1.0,
            "s3_get": 1.0,
            "s3_put": 1.0,
            "sqs_request": 2.0,
        },
        "document": {
            "dynamodb_read": 44.5,
            "dynamodb_write": 79.0,
            "eventbridge_event": 1.0,
            "lambda_request": 8.0,
            "s3_get": 5.0,
            "s3_put": 2.0,
            "sqs_request": 6.0,
            "step_functions_transition": 13.0,
        },
        "detection": {"dynamodb_write": 2.0, "s3_get": 0.025, "s3_put": 0.025},
    },
    "onnx": {
        "tile": {
            "dynamodb_read": 4.75,
            "dynamodb_write": 7.0,
            "lambda_request": 0.1,
            "s3_get": 2.0,
            "s3_put": 2.0,
            "sqs_request": 0.3,
        },
        "page": {
            "dynamodb_read": 9.0,
            "dynamodb_write": 8.0,
            "lambda_request": 1.1,
            "s3_get": 1.0,
            "s3_put": 1.0,
            "sqs_request": 2.3,
        },
        "document": {
            "dynamodb_read": 53.5,
            "dynamodb_write": 82.0,
            "eventbridge_event": 1.0,
            "lambda_request": 9.5,
            "s3_get": 5.0,
            "s3_put": 2.0,
            "sqs_request": 7.5,
            "step_functions_transition": 16.0,
        },
        "detection": {"dynamodb_write": 2.0},
    },
    "example": {
        "tile": {
            "dynamodb_read": 4.75,
            "dynamodb_write": 7.0,
            "lambda_request": 0.1,
            "s3_get": 2.0,
            "s3_put": 2.0,
            "sqs_request": 0.3,
        },
        "page": {
            "dynamodb_read": 9.0,
            "dynamodb_write": 8.0,
            "lambda_request": 1.1,
            "s3_get": 1.0,
            "s3_put": 1.0,
            "sqs_request": 2.3,
        },
        "document": {
            "dynamodb_read": 53.5,
            "dynamodb_write": 82.0,
            "eventbridge_event": 1.0,
            "lambda_request": 9.5,
            "s3_get": 5.0,
            "s3_put": 2.0,
            "sqs_request": 7.5,
            "step_functions_transition": 16.0,
        },
        "detection": {"dynamodb_write": 2.0},
    },
}
IDLE_GUARD: Mapping[str, float] = {
    "dynamodb_read": 4.7,
    "dynamodb_write": 0.067,
    "lambda_request": 1.0,
    "s3_put": 0.067,
}
"""The guard's requests in a minute without work, on average over a sweep."""
