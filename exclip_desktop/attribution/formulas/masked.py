"""What a model makes of a picture or a caption of which only some patches or tokens are left."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.caption import NO_ID, Caption
from exclip_desktop.models.model import Model

BATCH = 16


@torch.no_grad()
def masked_pictures(
    model: Model,
    pixels: Tensor,
    grid: tuple[int, int],
    kept: Tensor,
    tell: Progress,
    cancel: CancelToken,
    fill: Tensor | None = None,
) -> Tensor:
    """Return unit embeddings, (m, D), of a model input (3, h, w) of which coalitions of patches (m, P) are kept.

    What is left out becomes ``fill``, an input of the same size; None: 0, the mean colour. Beyond the last whole patch
    everything is kept.
    """
    height, width = pixels.shape[1:]
    cut = model.image.cut(0, (height, width))
    down, across = height // grid[0], width // grid[1]
    found = []
    for some in _batches(kept, "pictures", tell, cancel):
        masks = some.to(pixels).reshape(-1, 1, *grid).repeat_interleave(down, 2).repeat_interleave(across, 3)
        masks = functional.pad(masks, (0, width - masks.shape[3], 0, height - masks.shape[2]), value=1.0)
        shown = pixels * masks if fill is None else pixels * masks + fill * (1 - masks)
        features = torch.stack([cut.features(one) for one in shown])
        found.append(functional.normalize(cut.head(features), dim=-1))
    return torch.cat(found)


@torch.no_grad()
def masked_captions(model: Model, caption: Caption, kept: Tensor, tell: Progress, cancel: CancelToken) -> Tensor:
    """Return unit embeddings, (n, D), of a caption of which coalitions of content tokens (n, T) are kept.

    What is left out becomes the tokenizer's fill, as in the matched reference.
    """
    players = [at for at, token in enumerate(t for t in caption.tokens if t.id != NO_ID) if token.kind == "content"]
    ids = model.ids(caption.ids)
    cut = model.text.cut(0, ids)
    found = []
    for some in _batches(kept, "captions", tell, cancel):
        each = ids.repeat(len(some), 1)
        each[:, players] = torch.where((some > 0).to(ids.device), each[:, players], model.reader.fill_id)
        features = torch.stack([cut.features(one) for one in each])
        found.append(functional.normalize(cut.head(features), dim=-1))
    return torch.cat(found)


def _batches(kept: Tensor, what: str, tell: Progress, cancel: CancelToken) -> Iterator[Tensor]:
    for done in range(0, len(kept), BATCH):
        cancel.check()
        tell(Report(f"masked {what}", done, len(kept)))
        yield kept[done : done + BATCH]
    tell(Report(f"masked {what}", len(kept), len(kept)))
