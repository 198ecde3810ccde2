"""M2IB (Wang et al., NeurIPS 2023): how much of each token must pass a bottleneck for the pair to keep its score.

After a block, every value x of a token becomes t = λx + (1 − λ)ε with ε ~ N(0, 1) and λ = sigmoid(α). α is learned for
this input alone, against β · mean KL(t | N(0, 1)) − cosine. A token's value is the remaining KL over its channels;
the published code reads it before its last step, and moves it to [0, 1] for display.
"""

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.block_run import block_index, cosine_with, enable_gradients, run_stream
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.models.towers.blocks import Anatomy

START = 5.0  # of α: almost everything passes at first


def bottleneck_block(layer: int, blocks: int) -> int:
    """Return the block, out of so many, before the bottleneck: ``layer``, but at most the last but one."""
    return min(layer, max(blocks - 2, 0))


def m2ib(
    anatomy: Anatomy,
    other: Tensor,
    *,
    layer: int = 9,
    beta: float = 0.1,
    steps: int = 10,
    rate: float = 1.0,
    samples: int = 10,
    seed: int = 0,
    progress: Progress = ignore_progress,
    cancel: CancelToken | None = None,
) -> Tensor:
    """Return each token's necessary information, (T,), for the cosine with the other side's ``other`` (D,).

    Args:
        anatomy: the way through the blocks.
        other: see above.
        layer: the bottleneck stands after this block, from 0; in shorter encoders after the last but one.
        beta: β, the cost of information.
        steps: steps of Adam; ``rate`` is its learning rate.
        rate: see there.
        samples: noise samples in every step; ``seed`` decides them.
        seed: see there.
        progress: called before every step.
        cancel: polled before every step.

    """
    cancel = cancel or CancelToken()
    after = block_index(anatomy, bottleneck_block(layer, len(anatomy.blocks)))
    with torch.no_grad():
        x = run_stream(anatomy, anatomy.start, 0, after + 1)
    generator = torch.Generator().manual_seed(seed)
    with enable_gradients():
        x = x.detach().clone()
        alpha = torch.full_like(x, START, requires_grad=True)
        learner = torch.optim.Adam([alpha], lr=rate)
        for step in range(steps):
            cancel.check()
            progress(Report("M2IB", step, steps))
            noise = torch.randn(samples, *x.shape[1:], generator=generator).to(x)
            passing = torch.sigmoid(alpha)
            embeddings = anatomy.finish(
                run_stream(anatomy, passing * x + (1 - passing) * noise, after + 1, len(anatomy.blocks))
            )
            loss = beta * information(x, alpha).mean() - cosine_with(other, embeddings).mean()
            learner.zero_grad()
            (alpha.grad,) = torch.autograd.grad(loss, [alpha])
            learner.step()
    progress(Report("M2IB", steps, steps))
    return information(x, alpha.detach())[0].sum(-1)


def information(x: Tensor, alpha: Tensor) -> Tensor:
    """Return KL(N(λx, (1 − λ)²) | N(0, 1)) of every channel, in the shape of ``x``."""
    passing = torch.sigmoid(alpha)
    noise = torch.sigmoid(-alpha)  # 1 − λ, without its rounding
    return 0.5 * ((passing * x) ** 2 + noise**2 - 1) - torch.log(noise)
