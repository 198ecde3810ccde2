"""The explanation of two inputs that the fake engine answers with."""

from collections.abc import Callable

import numpy as np

from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.values.explanation import Explanation, Factor
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.two_inputs import (
    CaptionSide,
    InputSide,
    PictureSide,
    TwoInputExplanation,
    multiply_inputs,
)
from exclip_desktop.session.worker.two_input_requests import TwoInputRequest
from exclip_desktop.storage.pictures import Picture


def explain_fake_inputs(make: Callable[[str], Explanation], request: TwoInputRequest) -> TwoInputExplanation:
    """Explain two inputs whose factors depend on the shade of a picture, or on the length of its caption."""

    def read(source: Picture | str) -> tuple[InputSide, Factor]:
        made = make(source if isinstance(source, str) else "a cat")
        if isinstance(source, str):
            side: InputSide = CaptionSide(made.caption, made.text_side)
            rows, seed = np.zeros((len(made.caption.tokens), 8)), len(source)
        else:
            height, width = source.pixels.shape[:2]
            geometry = Geometry((width, height), (0.0, 0.0, float(width), float(height)), made.geometry.grid)
            side = PictureSide(geometry, 1, made.image_side)
            rows, seed = np.zeros((1 + geometry.grid[0] * geometry.grid[1], 8)), int(source.pixels[0, 0, 0])
        rows += np.random.default_rng(seed).normal(0, 0.1, rows.shape)
        ends = Ends(rows.sum(0), np.zeros(8), np.zeros(8))
        return side, Factor(rows.astype(np.float32), ends, side.report)

    return multiply_inputs(read(request.first), read(request.other), make("a cat").settings)
