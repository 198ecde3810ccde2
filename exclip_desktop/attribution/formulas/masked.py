"""Encodes a picture or a caption with some of its patches or tokens masked."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.caption import NO_ID, Caption
from exclip_desktop.models.model import Model

BATCH = 16


@torch.no_grad()
def encode_masked_pictures(
    model: Model,
    pixels: Tensor,
    grid: tuple[int, int],
    members: Tensor,
    progress: Progress,
    cancel: CancelToken,
    fill: Tensor | None = None,
) -> Tensor:
    """Return unit embeddings, (m, D), of a model input (3, h, w) that keeps coalitions of patches (m, P).

    Masked patches become ``fill``, an input of the same size; None: 0, the mean colour. Beyond the last whole patch
    everything stays.
    """
    height, width = pixels.shape[1:]
    cut = model.image.cut(0, (height, width))
    down, across = height // grid[0], width // grid[1]
    embeddings = []
    for some in _batches(members, "pictures", progress, cancel):
        masks = some.to(pixels).reshape(-1, 1, *grid).repeat_interleave(down, 2).repeat_interleave(across, 3)
        masks = functional.pad(masks, (0, width - masks.shape[3], 0, height - masks.shape[2]), value=1.0)
        inputs = pixels * masks if fill is None else pixels * masks + fill * (1 - masks)
        features = torch.stack([cut.features(one) for one in inputs])
        embeddings.append(functional.normalize(cut.head(features), dim=-1))
    return torch.cat(embeddings)


@torch.no_grad()
def encode_masked_captions(
    model: Model, caption: Caption, members: Tensor, progress: Progress, cancel: CancelToken
) -> Tensor:
    """Return unit embeddings, (n, D), of a caption that keeps coalitions of content tokens (n, T).

    Masked tokens become the tokenizer's fill, as in the matched reference.
    """
    players = [at for at, token in enumerate(t for t in caption.tokens if t.id != NO_ID) if token.kind == "content"]
    ids = model.ids(caption.ids)
    cut = model.text.cut(0, ids)
    embeddings = []
    for some in _batches(members, "captions", progress, cancel):
        each = ids.repeat(len(some), 1)
        each[:, players] = torch.where((some > 0).to(ids.device), each[:, players], model.reader.fill_id)
        features = torch.stack([cut.features(one) for one in each])
        embeddings.append(functional.normalize(cut.head(features), dim=-1))
    return torch.cat(embeddings)


def _batches(members: Tensor, name: str, progress: Progress, cancel: CancelToken) -> Iterator[Tensor]:
    for done in range(0, len(members), BATCH):
        cancel.check()
        progress(Report(f"masked {name}", done, len(members)))
        yield members[done : done + BATCH]
    progress(Report(f"masked {name}", len(members), len(members)))
