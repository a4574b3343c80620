"""Reads from the sources which AWS calls a handler's code can reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LAMBDAS = Path(__file__).resolve().parents[3] / "lambdas"
EDGES = ("tilescout.aws", "tilescout.handlers")

ACTIONS = {
    "get_item": {"dynamodb:GetItem"},
    "put_item": {"dynamodb:PutItem"},
    "update_item": {"dynamodb:UpdateItem"},
    "delete_item": {"dynamodb:DeleteItem"},
    "query": {"dynamodb:Query"},
    "scan": {"dynamodb:Scan"},
    "batch_write_item": {"dynamodb:BatchWriteItem"},
    "head_object": {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"},
    "get_object": {"s3:GetObject", "s3:ListBucket"},
    "download_file": {"s3:GetObjectVersion", "s3:ListBucket"},
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
    "detect_custom_labels": {"rekognition:DetectCustomLabels"},
    "start_project_version": {"rekognition:StartProjectVersion"},
    "stop_project_version": {"rekognition:StopProjectVersion"},
    "describe_project_versions": {"rekognition:DescribeProjectVersions"},
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
    """Top-level definitions and methods (as ``Class.method``) by name, and what imports mean."""

    name: str
    definitions: dict[str, ast.AST] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)


@dataclass
class Search:
    """A walk over all that may be called. A method counts as soon as any code that is reached
    names it, whatever the object: types are not followed.
    """

    waiting: list[tuple[str, str]]
    modules: dict[str, Module] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    dormant: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def run(self) -> set[str]:
        while self.waiting:
            at = self.waiting.pop()
            module = _module(at[0], self.modules)
            if at not in self.seen and at[1] in module.definitions:
                self.seen.add(at)
                self._visit(module, at[1])
        return self.actions

    def _visit(self, module: Module, name: str) -> None:
        for method in _methods(module.definitions[name]):
            self._meet(method.name, (module.name, f"{name}.{method.name}"))
        for node in _body(module.definitions[name]):
            self.actions |= _needed(node)
            self.waiting += _referred(node, module)
            if isinstance(node, ast.Attribute):
                self.named.add(node.attr)
                self.waiting += self.dormant.pop(node.attr, [])

    def _meet(self, method: str, at: tuple[str, str]) -> None:
        if method in self.named or method.startswith("__"):
            self.waiting.append(at)
        else:
            self.dormant.setdefault(method, []).append(at)


def actions_reached(handler: str) -> set[str]:
    """The IAM actions that some path from ``tilescout.handlers.<handler>`` may need."""
    start = f"tilescout.handlers.{handler}"
    names = [name for name in _module(start, {}).definitions if "." not in name]
    return Search(waiting=[(start, name) for name in names]).run()


def _methods(node: ast.AST) -> list[ast.FunctionDef]:
    body = node.body if isinstance(node, ast.ClassDef) else []
    return [each for each in body if isinstance(each, ast.FunctionDef)]


def _body(node: ast.AST) -> Iterator[ast.AST]:
    """Yields all nodes of a definition; of a class all but its methods."""
    if not isinstance(node, ast.ClassDef):
        yield from ast.walk(node)
        return
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, ast.FunctionDef):
            yield from ast.walk(each)


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
            for method in _methods(node):
                module.definitions[f"{node.name}.{method.name}"] = method
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    module.definitions[target.id] = node
    return module
