"""M2IB (Wang et al., NeurIPS 2023): how much of each token must pass a bottleneck for the pair to stay alike.

After a block, every value x of a token becomes t = λx + (1 − λ)ε with ε ~ N(0, 1) and λ = sigmoid(α). α is learned for
this input alone, against β · mean KL(t | N(0, 1)) − cosine. A token's value is the KL that is left, over its channels;
the published code reads it before its last step, and moves it to [0, 1] to be shown.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.block_run import recorded, run_stream
from exclip_desktop.attribution.formulas.target import at_least, cosine_with, first_block
from exclip_desktop.core.progress import CancelToken, Progress, Report, silent
from exclip_desktop.models.towers.anatomy import Anatomy

START = 5.0  # of α: almost everything passes at first


@dataclass(frozen=True, slots=True)
class M2ib:
    """Options.

    Attributes:
        layer: the block after which the bottleneck stands, from 0; of shorter encoders the last but one.
        beta: what information costs.
        steps: of Adam.
        rate: Adam's.
        samples: of noise at every step.
        seed: of the noise.

    """

    layer: int = 9
    beta: float = 0.1
    steps: int = 10
    rate: float = 1.0
    samples: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        at_least(self.steps, 1, "steps")
        at_least(self.samples, 1, "samples")

    def block_of(self, blocks: int) -> int:
        """Return the block of so many after which it stands; negatives count from the end."""
        return min(self.layer, max(blocks - 2, 0))


def m2ib(
    anatomy: Anatomy,
    other: Tensor,
    options: M2ib | None = None,
    tell: Progress = silent,
    cancel: CancelToken | None = None,
) -> Tensor:
    """Return each token's information that is needed, (T,), for the cosine with the other side's ``other`` (D,)."""
    options, cancel = options or M2ib(), cancel or CancelToken()
    after = first_block(anatomy, options.block_of(len(anatomy.blocks)))
    with torch.no_grad():
        x = run_stream(anatomy, anatomy.start, 0, after + 1)
    draw = torch.Generator().manual_seed(options.seed)
    with recorded():
        x = x.detach().clone()
        alpha = torch.full_like(x, START, requires_grad=True)
        learner = torch.optim.Adam([alpha], lr=options.rate)
        for step in range(options.steps):
            cancel.check()
            tell(Report("M2IB", step, options.steps))
            noise = torch.randn(options.samples, *x.shape[1:], generator=draw).to(x)
            passing = torch.sigmoid(alpha)
            embeddings = anatomy.finish(
                run_stream(anatomy, passing * x + (1 - passing) * noise, after + 1, len(anatomy.blocks))
            )
            loss = options.beta * information(x, alpha).mean() - cosine_with(other, embeddings).mean()
            learner.zero_grad()
            (alpha.grad,) = torch.autograd.grad(loss, [alpha])
            learner.step()
    tell(Report("M2IB", options.steps, options.steps))
    return information(x, alpha.detach())[0].sum(-1)


def information(x: Tensor, alpha: Tensor) -> Tensor:
    """Return KL(N(λx, (1 − λ)²) | N(0, 1)) of every channel, in the shape of ``x``."""
    passing = torch.sigmoid(alpha)
    noise = torch.sigmoid(-alpha)  # 1 − λ, without its rounding
    return 0.5 * ((passing * x) ** 2 + noise**2 - 1) - torch.log(noise)
