"""Checkpoints as a training framework writes them. Usage: python make.py OUT"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import open_clip
import torch

CONFIG = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "patch_size": 8, "width": 64, "layers": 2, "head_width": 32},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
PREPROCESS = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}

out = Path(sys.argv[1])
torch.manual_seed(0)
state = dict(open_clip.CLIP(**CONFIG).state_dict())


def folder(name: str) -> Path:
    """Make a folder with a config; return it."""
    made = out / name
    made.mkdir(parents=True, exist_ok=True)
    (made / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG, "preprocess_cfg": PREPROCESS}))
    return made


torch.save(state, folder("plain") / "open_clip_pytorch_model.bin")

BIN = "open_clip_pytorch_model.bin"
inner = {f"model.{name}": value for name, value in state.items()}
teacher = {f"teacher.{name}": value + 1 for name, value in state.items()}
more = {"criterion.logit_scale": torch.ones([]), "val_acc.total": torch.zeros([])}

torch.save(
    {"epoch": 3, "state_dict": inner, "hyper_parameters": {"lr": 1e-4}}, folder("ending") / "epoch=3-step=10.ckpt"
)
torch.save({"state_dict": {**inner, **more}}, folder("more_weights") / BIN)
torch.save({"state_dict": {**inner, **teacher}}, folder("two_models") / BIN)
torch.save({"state_dict": inner, "hyper_parameters": argparse.Namespace(lr=1e-4)}, folder("namespace") / BIN)
torch.save({"state_dict": inner, "best_acc": np.float64(0.7)}, folder("numpy_number") / BIN)
