"""Which AWS calls a handler's code can reach, read from the sources."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"
EDGES = ("tilescout.aws", "tilescout.handlers")

ACTIONS = {
    "get_item": {"dynamodb:GetItem"},
    "put_item": {"dynamodb:PutItem"},
    "update_item": {"dynamodb:UpdateItem"},
    "delete_item": {"dynamodb:DeleteItem"},
    "query": {"dynamodb:Query"},
    "scan": {"dynamodb:Scan"},
    "batch_writer": {"dynamodb:BatchWriteItem"},
    "head_object": {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"},
    "get_object": {"s3:GetObject", "s3:ListBucket"},
    "download_file": {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"},
    "put_object": {"s3:PutObject"},
    "upload_fileobj": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "delete_object": {"s3:DeleteObject"},
    "delete_objects": {"s3:DeleteObject"},
    "list_objects_v2": {"s3:ListBucket"},
    "list_object_versions": {"s3:ListBucketVersions"},
    "send_message": {"sqs:SendMessage"},
    "send_message_batch": {"sqs:SendMessage"},
    "get_queue_attributes": {"sqs:GetQueueAttributes"},
    "put_events": {"events:PutEvents"},
    "describe_execution": {"states:DescribeExecution"},
    "start_execution": {"states:StartExecution"},
    "detect_document_text": {"textract:DetectDocumentText"},
    "detect_text": {"rekognition:DetectText"},
}
"""The rights that a boto3 method needs, by the method's name."""

TRANSACTED = {
    "ConditionCheck": {"dynamodb:ConditionCheckItem"},
    "Put": {"dynamodb:PutItem"},
    "Update": {"dynamodb:UpdateItem"},
    "Delete": {"dynamodb:DeleteItem"},
}
"""The rights that an action of a transaction needs, by its key in the request."""


@dataclass
class Module:
    """Top-level definitions by name, what the names of imports mean, and the rest."""

    name: str
    definitions: dict[str, ast.AST] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)


def actions_reached(handler: str) -> set[str]:
    """The IAM actions that some path from ``tilescout.handlers.<handler>`` may need."""
    modules: dict[str, Module] = {}
    start = f"tilescout.handlers.{handler}"
    waiting = [(start, name) for name in _module(start, modules).definitions]
    seen: set[tuple[str, str]] = set()
    actions: set[str] = set()
    while waiting:
        module_name, name = waiting.pop()
        module = _module(module_name, modules)
        if (module_name, name) in seen or name not in module.definitions:
            continue
        seen.add((module_name, name))
        for node in ast.walk(module.definitions[name]):
            actions |= _needed(node)
            waiting += _referred(node, module)
    return actions


def _needed(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        return {right for key in keys for right in TRANSACTED.get(str(key), set())}
    if not isinstance(node, ast.Attribute):
        return set()
    is_batched = isinstance(node.value, ast.Name) and node.value.id == "batch"
    return set() if is_batched else ACTIONS.get(node.attr, set())


def _referred(node: ast.AST, module: Module) -> list[tuple[str, str]]:
    if isinstance(node, ast.Name):
        meaning = module.imports.get(node.id, f"{module.name}.{node.id}")
        owner, _, name = meaning.rpartition(".")
        return [(owner, name)] if owner.startswith(EDGES) else []
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = module.imports.get(node.value.id, "")
        return [(owner, node.attr)] if owner.startswith(EDGES) else []
    return []


def _module(name: str, modules: dict[str, Module]) -> Module:
    if name not in modules:
        modules[name] = _read(name)
    return modules[name]


def _read(name: str) -> Module:
    module = Module(name)
    path = LAMBDAS / Path(*name.split(".")).with_suffix(".py")
    if not path.is_file():
        return module
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            module.definitions[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    module.definitions[target.id] = node
    return module
