"""Second-order attributions (Möller et al., TMLR 2025): the interaction matrix of caption tokens × image tokens.

By linearity the matrix is a product of two factors, one per side: v_j = ∫₀¹ J_head(R + αΔ)[:, j, :] Δ_j dα and u_i
likewise, A_ij = u_i·v_j / (‖e_t‖‖e_v‖) (their eq. 10 with the feature axes summed).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop.attribution import closed_form, jacobian
from exclip_desktop.attribution.integral import Derivatives, Integral, integrate
from exclip_desktop.attribution.path import Path, image_path, text_path
from exclip_desktop.attribution.quadrature import DEFAULT_STEPS, Rule, levels
from exclip_desktop.core.explanation import Explanation, Settings
from exclip_desktop.core.interactions import Ends, InteractionMatrix, cosine, make_ledger
from exclip_desktop.core.progress import CancelToken, Progress, Report, silent
from exclip_desktop.core.version import __version__
from exclip_desktop.models.model import Model


def explain_pair(
    model: Model,
    picture: NDArray[np.uint8],
    caption: str,
    *,
    image_layer: int | str | None = None,
    text_layer: int | str | None = None,
    quadrature: str = "adaptive",
    steps: int | None = None,
    text_reference: str = "matched",
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Explanation:
    """Return the interaction matrix of one picture and one caption, with its ledger and everything that decides it.

    Args:
        model: a loaded model.
        picture: upright RGB picture, (H, W, 3) in [0, 255].
        caption: any text; what exceeds the model's context is not seen, and said so in the result.
        image_layer, text_layer: block index from 0, negative from the end; None: the model card's choice, else −1.
        quadrature: ``adaptive``, ``gauss-legendre`` or ``riemann-right``.
        steps: nodes of a fixed rule, or the most nodes of the adaptive one.
        text_reference: ``matched`` or ``published``.
        progress: told what is done, in this thread.
        cancel: polled once per chunk.

    Raises:
        CaptionError, SettingsError: an argument does not fit.
        Cancelled: the person cancelled.

    """
    tell, token = progress or silent, cancel or CancelToken()
    rules = levels(quadrature, steps)
    layers = model.resolve_layer("image", image_layer), model.resolve_layer("text", text_layer)
    read = model.reader.read(caption)
    token.check()
    text = text_path(model, read, layers[1], text_reference)
    image = image_path(model, model.pixels(picture), layers[0])
    words = factor(text, rules, "caption", tell, token)
    products = _against(image, words.rows, rules, tell, token)
    norm = text.embedding.norm() * image.embedding.norm()
    matrix = InteractionMatrix(
        values=(products.rows.T / norm).float().cpu().numpy(),
        content=np.array([entry.kind == "content" for entry in read.tokens]),
        prefix=model.image.prefix,
        grid_shape=model.image.grid,
    )
    ends = _ends(text), _ends(image)
    return Explanation(
        interactions=matrix,
        caption=read,
        geometry=model.preprocess.geometry((picture.shape[1], picture.shape[0])),
        score=cosine(*ends),
        ledger=make_ledger(matrix, *ends),
        image_side=products.report,
        text_side=words.report,
        settings=_settings(model, layers, quadrature, steps, text_reference),
    )


def factor(path: Path, rules: list[Rule], side: str, tell: Progress, cancel: CancelToken) -> Integral:
    """Return one side's factor, (T, D), by the closed form where there is one, else by the fewest passes."""
    target = path.embedding - path.start
    if path.block is not None:
        return integrate(_closed(path, side, tell, cancel), rules, target, "closed form")
    moving = _moving(path)
    if len(moving) < len(target):
        passes = jacobian.forward_mode(path, moving)
        return integrate(
            _by_passes(path, passes, _scattered(moving, path), side, tell, cancel), rules, target, "forward mode"
        )
    basis = torch.eye(len(target), dtype=target.dtype, device=target.device)
    passes = jacobian.reverse_mode(path, basis)
    return integrate(_by_passes(path, passes, lambda c: c.T, side, tell, cancel), rules, target, "reverse mode")


def _against(image: Path, words: Tensor, rules: list[Rule], tell: Progress, cancel: CancelToken) -> Integral:
    """Return v_j·u_i for every image token and caption token, (T_image, T_text).

    Where the image factor has no closed form and the caption has few tokens, only the products are integrated: one
    reverse pass per caption token instead of one per embedding dimension.
    """
    rows = words.abs().sum(1).nonzero()[:, 0]
    if not _pays_as_pair(image, len(rows)):
        whole = factor(image, rules, "picture", tell, cancel)
        return replace(whole, rows=whole.rows @ words.T)
    passes = jacobian.reverse_mode(image, words[rows])
    target = words[rows] @ (image.embedding - image.start)
    found = integrate(_by_passes(image, passes, lambda c: c.T, "picture", tell, cancel), rules, target, "pair")
    products = found.rows.new_zeros(len(found.rows), len(words))
    products[:, rows] = found.rows
    return replace(found, rows=products)


def _pays_as_pair(image: Path, tokens: int) -> bool:
    return image.block is None and tokens < min(len(_moving(image)), len(image.embedding))


def _moving(path: Path) -> Tensor:
    """Return the tokens whose features differ from the reference's; the others' rows are zero."""
    return path.delta.abs().sum(1).nonzero()[:, 0]


def _scattered(rows: Tensor, path: Path) -> Callable[[Tensor], Tensor]:
    def scatter(found: Tensor) -> Tensor:
        whole = found.new_zeros(len(path.features), found.shape[1])
        whole[rows] = found
        return whole

    return scatter


def _closed(path: Path, side: str, tell: Progress, cancel: CancelToken) -> Derivatives:
    block, done = path.block, 0
    assert block is not None

    def derivatives(nodes: Tensor) -> Tensor:
        nonlocal done
        total, parts = done + len(nodes), []
        for chunk in torch.split(nodes, jacobian.chunk_size(path.features)):
            cancel.check()
            tell(Report(side, done, total))
            parts.append(closed_form.directional_derivatives(block, path.at(chunk), path.delta))
            done += len(chunk)
        tell(Report(side, done, total))
        return torch.cat(parts)

    return derivatives


def _by_passes(
    path: Path,
    passes: jacobian.Passes,
    arrange: Callable[[Tensor], Tensor],
    side: str,
    tell: Progress,
    cancel: CancelToken,
) -> Derivatives:
    done = 0

    def derivatives(nodes: Tensor) -> Tensor:
        total = done + len(nodes) * passes.count

        def tick(count: int) -> None:
            nonlocal done
            done += count
            tell(Report(side, done, total))

        tell(Report(side, done, total))
        return torch.stack([arrange(jacobian.run_all(passes, point, cancel, tick)) for point in path.at(nodes)])

    return derivatives


def _ends(path: Path) -> Ends:
    as_told = (path.embedding, path.start, path.told)
    return Ends(*(value.cpu().double().numpy() for value in as_told))


def _settings(
    model: Model, layers: tuple[int, int], quadrature: str, steps: int | None, text_reference: str
) -> Settings:
    return Settings(
        model=model.name,
        weights=model.weights,
        weights_sha256=model.weights_sha256,
        image_layer=layers[0],
        text_layer=layers[1],
        quadrature=quadrature,
        steps=DEFAULT_STEPS[quadrature] if steps is None else steps,
        text_reference=text_reference,
        device=str(model.device),
        versions={"exclip_desktop": __version__, "torch": torch.__version__, "open_clip": open_clip.__version__},
    )
