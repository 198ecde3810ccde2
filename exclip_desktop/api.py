"""The public functions behind ``from exclip_desktop import …``."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.attribution.second_order import explain_pair
from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.core.geometry import Box
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.tokens import Span
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import Scores, score_captions
from exclip_desktop.render.figure import FORMATS, FigureOptions, draw_figure, save_figure
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports import save_data
from exclip_desktop.storage.pictures import read_picture

__all__ = ["Result", "explain", "load_model", "save_plot", "score"]

ImageLike = str | Path | Image.Image | NDArray[np.uint8]


class Result(Explanation):
    """An explanation that knows its picture, so that it can be drawn and saved.

    Attributes:
        pixels: the upright RGB picture, uint8 (H, W, 3).
        notes: what a person should know of how the picture was read.
    """

    __slots__ = ("notes", "pixels")
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]

    def __init__(self, explanation: Explanation, pixels: NDArray[np.uint8], notes: tuple[str, ...]) -> None:
        """Take over every field of ``explanation``."""
        super().__init__(**{field.name: getattr(explanation, field.name) for field in fields(explanation)})
        object.__setattr__(self, "pixels", pixels)
        object.__setattr__(self, "notes", notes)

    def save(self, path: str | Path) -> None:
        """Write the numbers as ``.npz``, ``.json`` or ``.csv``; raises ``OutputError`` where that cannot be done."""
        save_data(self, Path(path))

    def plot(self, path: str | Path, *, span: Span | None = None, box: Box | None = None) -> None:
        """Write the figure as ``.png``, ``.svg`` or ``.pdf``, for the words in ``span`` and the patches in ``box``.

        Raises:
            CaptionError, SelectionError: span or box does not fit.
            OutputError: the file cannot be written.
        """
        save_plot(self, Path(path), FigureOptions(span=span, box=box))


def save_plot(result: Result, path: Path, options: FigureOptions) -> None:
    """Draw ``result`` and write it by the file's ending, wholly or not at all."""
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise OutputError(f"{path.name} has no ending for pictures.", f"Use {', '.join(FORMATS)}.")
    figure = draw_figure(result, result.pixels, options)
    write_atomically(path, lambda file: save_figure(figure, file, ending))


def explain(
    model: Model,
    image: ImageLike,
    caption: str,
    *,
    image_layer: int | str | None = None,
    text_layer: int | str | None = None,
    quadrature: str = "adaptive",
    steps: int | None = None,
    text_reference: str = "matched",
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Result:
    """Explain how every caption token × every image token adds to the score of a picture and its caption.

    ``image`` is a path, a PIL image or an HWC uint8 RGB array. All other arguments, and what may be raised, are those
    of ``attribution.second_order.explain_pair``; unreadable pictures raise ``PictureError``.
    """
    picture = read_picture(image)
    options: dict[str, Any] = {"quadrature": quadrature, "steps": steps, "text_reference": text_reference}
    explanation = explain_pair(
        model,
        picture.pixels,
        caption,
        image_layer=image_layer,
        text_layer=text_layer,
        progress=progress,
        cancel=cancel,
        **options,
    )
    return Result(explanation, picture.pixels, picture.notes)


def score(model: Model, image: ImageLike, captions: list[str]) -> Scores:
    """Score several captions for one picture; see ``models.scoring.score_captions``."""
    return score_captions(model, read_picture(image).pixels, captions)
