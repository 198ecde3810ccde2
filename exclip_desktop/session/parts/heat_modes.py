"""Heat that is shown instead of the matrix's: patches similar to one patch, or a direction of the matrix."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.matrix_directions import Direction
from exclip_desktop.core.maths.similar_patches import PatchSimilarity, SimilarityKind
from exclip_desktop.core.text.number_format import format_percent
from exclip_desktop.core.text.wording import describe_regions
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Preview, Selection, coverage

Floats = NDArray[np.float64]
SIMILARITY_UNITS: Final[dict[SimilarityKind, str]] = {
    "cosine": "cosine of two patches' rows",
    "product": "product of two patches' rows, in the unit of the picture's score with itself",
}
DIRECTION_UNIT: Final = "a word's value times a patch's value is in the unit of the score"


@dataclass(frozen=True, slots=True, eq=False)
class SimilarHeat:
    """Similarity with the hovered patch; else the mean of those with the hovered or drawn regions, or with all patches.

    ``similarity`` is None while it is computed.
    """

    kind: SimilarityKind
    similarity: PatchSimilarity | None = None

    @property
    def unit(self) -> str:
        """The unit of its values, in words."""
        return SIMILARITY_UNITS[self.kind]

    @property
    def short_unit(self) -> str:
        """The unit in one word."""
        return self.kind

    def describe(self, selection: Selection) -> str:
        """Return what is shown without the mouse, in words."""
        return f"similar patches ({self.kind}), mean over {describe_regions(selection.regions)}"

    def basis(self, selection: Selection, preview: Preview) -> object:
        """Return what its values depend on, to be compared with ``==``."""
        return preview.patch or preview.regions or selection.regions

    def patch_heat(self, geometry: Geometry, selection: Selection, preview: Preview) -> Floats | None:
        """Return the similarities, (grid_h, grid_w); None while they are computed, or for another grid."""
        similarity = self.similarity
        if similarity is None or similarity.grid != geometry.grid:
            return None
        if preview.patch is not None:
            return similarity.heat_of_patch(preview.patch)
        share = coverage(geometry, preview.regions or selection.regions)
        return similarity.heat_of_patches(np.ones(geometry.grid) if share is None else share)


@dataclass(frozen=True, slots=True, eq=False)
class DirectionHeat:
    """Paired heat of a direction on patches and words, the same for every selection.

    Attributes:
        place: of the direction, counted from 0.
        block_share: share of the block of words × patches, which is decomposed, in ‖A‖² of the whole matrix.
        explanation: the one that it was found in.

    """

    place: int
    direction: Direction
    block_share: float
    explanation: Explanation

    @property
    def share(self) -> float:
        """Share in ‖A‖² of the whole matrix."""
        return self.direction.share * self.block_share

    @property
    def unit(self) -> str:
        """The unit of its values, in words."""
        return DIRECTION_UNIT

    @property
    def short_unit(self) -> str:
        """The unit in one word."""
        return "direction"

    def describe(self, selection: Selection) -> str:
        """Return what is shown, in words."""
        return f"direction {self.place + 1}, {format_percent(self.share)} of ‖A‖²"

    def basis(self, selection: Selection, preview: Preview) -> object:
        """Return what its values depend on, to be compared with ``==``: nothing."""
        return None

    def patch_heat(self, geometry: Geometry, selection: Selection, preview: Preview) -> Floats | None:
        """Return the values of the patches, (grid_h, grid_w); None for another grid."""
        heat = self.direction.patch_heat
        return heat if heat.shape == geometry.grid else None


HeatMode = SimilarHeat | DirectionHeat
