"""The layer profile: the attribution of one pair at each layer of one side."""

from dataclasses import dataclass

from exclip_desktop.core.maths.interactions import Blocks, Ledger, magnitudes
from exclip_desktop.core.text.accuracy_warnings import find_inexact_integrals
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings, SideReport
from exclip_desktop.core.values.pair_matrix import SMALL_SUM
from exclip_desktop.core.values.settings import Layer, Side


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One layer of a profile.

    Attributes:
        layer: where the side is cut.
        score: the cosine, the same at every layer but for rounding.
        ledger: the parts that add up to the score.
        magnitudes: each block's share of Σ|A|; they add up to 1.
        report: of the side's integral.
        residual: the relative completeness error of the worse side.
        exact: whether both integrals meet the tolerance.
        settings: everything that decides the numbers.

    """

    layer: Layer
    score: float
    ledger: Ledger
    magnitudes: Blocks
    report: SideReport
    residual: float
    exact: bool
    settings: ResolvedSettings

    @property
    def shares(self) -> list[tuple[str, float]] | None:
        """The ledger's parts divided by the score, which add up to 1; None where the score is too small for that."""
        if abs(self.score) < SMALL_SUM:
            return None
        return [(name, value / self.score) for name, value in self.ledger.lines()]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of one side: all its layers in reading order, and the finished rows, in any order."""

    side: Side
    layers: tuple[Layer, ...]
    rows: tuple[ProfileRow, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every layer has its row."""
        return len(self.rows) == len(self.layers)

    def row(self, layer: Layer) -> ProfileRow | None:
        """Return a layer's row; None where it is not finished."""
        return next((row for row in self.rows if row.layer == layer), None)

    def with_row(self, row: ProfileRow) -> "Profile":
        """Return the profile with a row added, which replaces a row of the same layer."""
        rows = {known.layer: known for known in (*self.rows, row)}
        return Profile(self.side, self.layers, tuple(rows[layer] for layer in self.layers if layer in rows))


def profile_row(explanation: Explanation, side: Side) -> ProfileRow:
    """Return the profile row of an explanation, for the layer of ``side``."""
    image, settings = side == "image", explanation.settings
    return ProfileRow(
        layer=settings.image_layer if image else settings.text_layer,
        score=explanation.score,
        ledger=explanation.ledger,
        magnitudes=magnitudes(explanation.interactions),
        report=explanation.image_side if image else explanation.text_side,
        residual=explanation.residual,
        exact=not find_inexact_integrals(explanation),
        settings=settings,
    )
