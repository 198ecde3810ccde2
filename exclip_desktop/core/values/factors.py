"""One side of an explanation, integrated: what the cache keeps, and what two of make a matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.values.explanation import SideReport


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor: rows (tokens, D) in the model's precision, the path's ends, and how it was computed."""

    rows: NDArray[np.floating[Any]]
    ends: Ends
    report: SideReport

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        ends = self.ends.embedding, self.ends.reference, self.ends.told, self.ends.full
        return int(self.rows.nbytes + sum(end.nbytes for end in ends if end is not None))
