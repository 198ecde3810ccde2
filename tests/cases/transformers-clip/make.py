"""The same weights in two layouts: open_clip's, and that of CLIPModel in transformers. Usage: python make.py OUT"""

import json
import sys
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file

CONFIG = {
    "embed_dim": 32,
    "quick_gelu": True,
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


def tower(ours: str, theirs: str, count: int) -> dict[str, torch.Tensor]:
    """Return the blocks of one tower under the other layout's names."""
    found = {}
    pairs = (("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"))
    for layer in range(count):
        old, new = f"{ours}transformer.resblocks.{layer}.", f"{theirs}encoder.layers.{layer}."
        for kind in ("weight", "bias"):
            for one, other in (*pairs, ("attn.out_proj", "self_attn.out_proj")):
                found[f"{new}{other}.{kind}"] = state[f"{old}{one}.{kind}"]
            for part, rows in zip("qkv", state[f"{old}attn.in_proj_{kind}"].chunk(3), strict=True):
                found[f"{new}self_attn.{part}_proj.{kind}"] = rows
    return found


text, vision = "text_model.", "vision_model."
weights = {
    "logit_scale": state["logit_scale"],
    "text_projection.weight": state["text_projection"].T,
    "visual_projection.weight": state["visual.proj"].T,
    f"{text}embeddings.token_embedding.weight": state["token_embedding.weight"],
    f"{text}embeddings.position_embedding.weight": state["positional_embedding"],
    f"{vision}embeddings.class_embedding": state["visual.class_embedding"],
    f"{vision}embeddings.patch_embedding.weight": state["visual.conv1.weight"],
    f"{vision}embeddings.position_embedding.weight": state["visual.positional_embedding"],
    **tower("", text, 2),
    **tower("visual.", vision, 2),
}
for kind in ("weight", "bias"):
    weights[f"{text}final_layer_norm.{kind}"] = state[f"ln_final.{kind}"]
    weights[f"{vision}pre_layrnorm.{kind}"] = state[f"visual.ln_pre.{kind}"]
    weights[f"{vision}post_layernorm.{kind}"] = state[f"visual.ln_post.{kind}"]

made = out / "transformers"
made.mkdir(exist_ok=True)
weights = {name: value.clone().contiguous() for name, value in weights.items()}
save_file(weights, made / "model.safetensors", metadata={"format": "pt"})
torch.save(weights, out / "pytorch_model.bin")
sizes = {"hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 2}
text_config = {
    **sizes,
    "vocab_size": 49408,
    "max_position_embeddings": 32,
    "bos_token_id": 49406,
    "eos_token_id": 49407,
}
config = {
    "architectures": ["CLIPModel"],
    "model_type": "clip",
    "projection_dim": 32,
    "text_config": {**text_config, "hidden_act": "quick_gelu"},
    "vision_config": {**sizes, "image_size": 64, "patch_size": 8, "hidden_act": "quick_gelu"},
}
(made / "config.json").write_text(json.dumps(config))
size = {"size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64}, "resample": 3}
pixels = {"image_mean": PREPROCESS["mean"], "image_std": PREPROCESS["std"], **size, "do_center_crop": True}
(made / "preprocessor_config.json").write_text(json.dumps(pixels))
