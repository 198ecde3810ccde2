"""Trains the bundled model on composed scenes: ``python -m exclip_desktop.demo.train --out FOLDER``.

Reproducible (every scene follows from the seed and its number), resumable (``FOLDER/training.pt``), on CPU or GPU.
The folder it writes is an open_clip model: ``open_clip_config.json`` and fp16 ``open_clip_model.safetensors``.
"""

import argparse
import json
import math
import os
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from exclip_desktop.demo.scenes import draw_scene, make_scene, make_twin
from exclip_desktop.models.tokenizers.clip import ClipReader

LOG_EVERY = 50
SAVE_EVERY = 500


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """Everything that decides the trained model."""

    steps: int = 3600
    batch: int = 128
    seed: int = 2026
    learning_rate: float = 1.2e-3
    matrix_rate: float = 4e-3  # of the blocks' matrices, which Muon trains
    weight_decay: float = 0.2
    warmup: float = 0.05
    blank_captions: float = 0.3
    blank_words: float = 0.3
    count_shares: str = "0.12 0.32 0.32 0.24"  # fuller than the held-out scenes: these teach which word is which thing
    image_size: int = 120
    patch_size: int = 10
    pool: str = "avg"
    embed_dim: int = 128
    image_width: int = 128
    image_layers: int = 4
    text_width: int = 128
    text_layers: int = 2
    context: int = 32

    def config(self) -> dict[str, Any]:
        """Return the model's ``open_clip_config.json``."""
        vision = {
            "image_size": self.image_size,
            "patch_size": self.patch_size,
            "width": self.image_width,
            "layers": self.image_layers,
            "head_width": 32,
            "pool_type": self.pool,
        }
        text = {
            "context_length": self.context,
            "vocab_size": 49408,
            "width": self.text_width,
            "heads": self.text_width // 32,
            "layers": self.text_layers,
        }
        preprocess = {
            "size": [self.image_size, self.image_size],
            "mode": "RGB",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        }
        model = {"embed_dim": self.embed_dim, "vision_cfg": vision, "text_cfg": text}
        return {"model_cfg": model, "preprocess_cfg": preprocess}


class Twins(Dataset[tuple[Tensor, Tensor]]):
    """Scene ``i`` of the recipe's series and its twin: pictures uint8 (2, 3, s, s) and captions (2, context)."""

    def __init__(self, recipe: TrainingRecipe) -> None:
        """Keep the recipe; the tokenizer is open_clip's own."""
        self.recipe, self.shares = recipe, [float(share) for share in recipe.count_shares.split()]
        self.tokenizer = open_clip.SimpleTokenizer(context_length=recipe.context)

    def __len__(self) -> int:
        """Return the number of pairs of twins in a whole training."""
        return self.recipe.steps * (self.recipe.batch // 2)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Draw scene ``index`` and the scene that differs from it in one thing."""
        scene = make_scene(self.recipe.seed, index, self.shares)
        twins = scene, make_twin(scene)
        pictures = np.stack([np.asarray(draw_scene(twin, self.recipe.image_size).picture) for twin in twins])
        return torch.from_numpy(pictures).permute(0, 3, 1, 2), self.tokenizer([twin.caption for twin in twins])


def contrastive_loss(image: Tensor, text: Tensor, scale: Tensor) -> Tensor:
    """Return CLIP's symmetric loss of unit embeddings (n, d)."""
    target = torch.arange(len(image), device=image.device)
    logits = scale * image @ text.T
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2


def blank_words(ids: Tensor, recipe: TrainingRecipe) -> Tensor:
    """Replace words of some twins (n, 2, context) by the fill token, so that the model knows its reference's tokens.

    A token that only one of the twins has stays, because it distinguishes them. Twins that name sides have the same
    tokens in another order, so too few tokens of some of them remain.
    """
    positions = torch.arange(ids.shape[-1])
    content = (positions > 0) & (positions < ids.argmax(-1, keepdim=True))
    shared = (ids[..., None] == ids.flip(1)[..., None, :]).any(-1)
    chosen = torch.rand(len(ids), 1, 1) < recipe.blank_captions
    blank = content & shared & chosen & (torch.rand(ids.shape) < recipe.blank_words)
    return ids.masked_fill(blank, ClipReader.fill_id)


class Training:
    """A training run: model, optimisers and the number of steps done.

    The blocks' matrices are trained by Muon (Jordan et al. 2024), everything else by AdamW.
    """

    def __init__(self, recipe: TrainingRecipe, device: str) -> None:
        """Build the model from the recipe's seed."""
        torch.manual_seed(recipe.seed)
        self.recipe, self.device, self.step = recipe, device, 0
        self.model = open_clip.CLIP(**recipe.config()["model_cfg"]).to(device).train()
        named = list(self.model.named_parameters())
        matrices = [p for name, p in named if p.ndim == 2 and "resblocks" in name]
        others = [p for name, p in named if p.ndim >= 2 and "resblocks" not in name]
        decay, vectors = recipe.weight_decay, [p for _, p in named if p.ndim < 2]
        groups = [{"params": others, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimisers = [
            torch.optim.Muon(matrices, lr=recipe.matrix_rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98), fused=True),
        ]
        share = partial(_rate_share, recipe)
        self.schedules = [torch.optim.lr_scheduler.LambdaLR(optimiser, share) for optimiser in self.optimisers]

    def train_batch(self, pictures: Tensor, captions: Tensor) -> float:
        """Do one step on pairs of twins, pictures (n, 2, 3, s, s) and captions (n, 2, context); return its loss."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)  # blanks follow from the step, resumed or not
        pixels = pictures.flatten(0, 1).to(self.device).float().div_(127.5).sub_(1)
        image = self.model.encode_image(pixels, normalize=True)
        text = self.model.encode_text(blank_words(captions, self.recipe).flatten(0, 1).to(self.device), normalize=True)
        loss = contrastive_loss(image, text, self.model.logit_scale.exp())
        self.model.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no type here
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser, schedule in zip(self.optimisers, self.schedules, strict=True):
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(max=math.log(100))
        self.step += 1
        return float(loss.detach())

    def save(self, folder: Path, seconds: float) -> None:
        """Write ``training.pt``, from which the run can continue, and the model at this step."""
        state = {name: [part.state_dict() for part in parts] for name, parts in self._parts().items()}
        unfinished = folder / "training.pt.part"
        progress = {"step": self.step, "recipe": asdict(self.recipe), "seconds": seconds}
        torch.save({"model": self.model.state_dict(), **state, **progress}, unfinished)
        os.replace(unfinished, folder / "training.pt")
        half = {name: value.half().contiguous().cpu() for name, value in self.model.state_dict().items()}
        save_file(half, folder / "open_clip_model.safetensors", metadata={"format": "pt"})
        (folder / "open_clip_config.json").write_text(json.dumps(self.recipe.config(), indent=1) + "\n", "utf-8")

    def resume(self, folder: Path) -> float:
        """Continue from ``training.pt`` if there is one; return the seconds already spent."""
        path = folder / "training.pt"
        if not path.exists():
            return 0.0
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise SystemExit(f"{path} was trained by another recipe. Choose another folder, or delete it.")
        self.model.load_state_dict(state["model"])
        for name, parts in self._parts().items():
            for part, part_state in zip(parts, state[name], strict=True):
                part.load_state_dict(part_state)
        self.step = state["step"]
        return float(state["seconds"])

    def _parts(self) -> dict[str, list[Any]]:
        return {"optimisers": self.optimisers, "schedules": self.schedules}


def _rate_share(recipe: TrainingRecipe, step: int) -> float:
    """Return the share of the full learning rate at ``step``: a short rise, then half a cosine."""
    share = step / recipe.steps
    if share < recipe.warmup:
        return share / recipe.warmup
    return 0.5 * (1 + math.cos(math.pi * (share - recipe.warmup) / (1 - recipe.warmup)))


def train(
    recipe: TrainingRecipe, folder: Path, device: str, workers: int, compiled: bool = False, start: Path | None = None
) -> None:
    """Train to the end of the recipe, and save regularly.

    ``compiled`` towers are faster and need a C++ compiler; ``start`` is a ``training.pt`` that gives the first weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    training = Training(recipe, device)
    if start is not None:
        training.model.load_state_dict(torch.load(start, map_location=device, weights_only=True)["model"])
    if compiled:
        training.model.visual.compile()
        training.model.transformer.compile()
    before = training.resume(folder)
    twins, pairs = Twins(recipe), recipe.batch // 2
    order = range(training.step * pairs, len(twins))
    loader = DataLoader(twins, batch_size=pairs, sampler=order, num_workers=workers, drop_last=True)
    started, first = time.monotonic(), training.step
    for pictures, captions in loader:
        loss = training.train_batch(pictures, captions)
        spent = time.monotonic() - started
        if training.step % LOG_EVERY == 0:
            rate = (training.step - first) * recipe.batch / spent
            left = (recipe.steps - training.step) * recipe.batch / rate / 60
            scale = float(training.model.logit_scale.detach().exp())
            print(
                f"step {training.step}/{recipe.steps}  loss {loss:.3f}  scale {scale:.1f}  "
                f"{rate:.0f} pictures/s  {left:.0f} min left",
                flush=True,
            )
        if training.step % SAVE_EVERY == 0:
            training.save(folder, before + spent)
    total = before + time.monotonic() - started
    training.save(folder, total)
    print(f"{training.step} steps, {total / 60:.1f} min on {device}: {folder}")


def main(arguments: list[str] | None = None) -> int:
    """Read the recipe from the command line and train."""
    parser = argparse.ArgumentParser(
        prog="python -m exclip_desktop.demo.train",
        description="Trains the bundled model on composed scenes; run again to continue a training that was stopped.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    parser.add_argument(
        "--start", type=Path, help="the training.pt of an earlier training, which gives the first weights"
    )
    parser.add_argument("--compiled", action="store_true", help="compile the towers: faster, needs a C++ compiler")
    for name, value in asdict(TrainingRecipe()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = vars(parser.parse_args(arguments))
    out, *choices = (options.pop(name) for name in ("out", "device", "workers", "compiled", "start"))
    warnings.filterwarnings("ignore", message=".*torch.jit.script.*")
    train(TrainingRecipe(**options), out, *choices)
    return 0


if __name__ == "__main__":
    sys.exit(main())
