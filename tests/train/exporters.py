"""Untrained models of other packages, exported to ONNX as their documentation says."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

SIDE = 256
"""Pixels of each side of the input."""
TINY = {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "encoder_attention_heads": 2,
        "decoder_attention_heads": 2, "d_model": 32, "decoder_layers": 2}  # fmt: skip


def ultralytics_model(name: str, labels: int, folder: Path) -> Any:
    """Returns an untrained model of Ultralytics of so many labels, such as yolo11n-obb.

    Its description is that of the package; the letter of its size is in the name of the file.
    """
    from ultralytics import RTDETR, YOLO
    from ultralytics.nn.tasks import yaml_model_load

    description = {key: value for key, value in yaml_model_load(f"{name}.yaml").items()
                   if key not in ("scale", "yaml_file")}  # fmt: skip
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(description | {"nc": labels}))
    torch.manual_seed(1)
    model: Any = (RTDETR if name.startswith("rtdetr") else YOLO)(str(file))
    _scatter(model.model.model[-1])
    return model


def _scatter(head: nn.Module) -> None:
    """Gives the weights of a head large differences, so that no two scores are alike."""
    with torch.no_grad():
        for weights in head.parameters():
            weights += 0.05 * torch.randn_like(weights)


def ultralytics_export(model: Any, **arguments: Any) -> bytes:
    """Returns the file that ``export(format="onnx")`` writes."""
    wanted = {"imgsz": SIDE, "simplify": False, "verbose": False} | arguments
    return Path(model.export(format="onnx", **wanted)).read_bytes()


class _Outputs(nn.Module):
    """The outputs that optimum exports, of a model of transformers."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> Any:
        answer = self.model(pixel_values=pixel_values, return_dict=True)
        return answer.logits, answer.pred_boxes


def transformers_model(name: str, labels: int) -> nn.Module:
    """Returns a small untrained model of transformers from its configuration."""
    import transformers

    config = getattr(transformers, f"{name}Config")
    torch.manual_seed(1)
    settings = config(num_labels=labels, **_settings(name))
    model: nn.Module = getattr(transformers, f"{name}ForObjectDetection")(settings).eval()
    return model


def _settings(name: str) -> dict[str, Any]:
    if name in ("RTDetr", "RTDetrV2", "DFine"):
        return TINY | {
            "backbone_config": _backbone("RTDetrResNetConfig", ["stage2", "stage3", "stage4"]),
            "encoder_hidden_dim": 32, "encoder_in_channels": [16, 32, 64],
            "decoder_in_channels": [32, 32, 32], "num_queries": 30,
        }  # fmt: skip
    if name == "Yolos":
        return {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 2,
                "intermediate_size": 64, "image_size": [SIDE, SIDE]}  # fmt: skip
    return TINY | {
        "backbone_config": _backbone("ResNetConfig", ["stage4"]), "backbone": None,
        "use_timm_backbone": False, "use_pretrained_backbone": False, "encoder_layers": 1,
        "num_queries": 20,
    }  # fmt: skip


def _backbone(config: str, stages: list[str]) -> Any:
    import transformers

    return getattr(transformers, config)(
        embedding_size=8, hidden_sizes=[8, 16, 32, 64], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=stages,
    )  # fmt: skip


def transformers_export(model: nn.Module) -> bytes:
    file = io.BytesIO()
    torch.onnx.export(
        _Outputs(model), (torch.zeros(1, 3, SIDE, SIDE),), file, input_names=["pixel_values"],
        output_names=["logits", "pred_boxes"], dynamo=False, opset_version=18,
    )  # fmt: skip
    return file.getvalue()
