"""The answer of a second-order method: a matrix of a pair, without a ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exclip_desktop.core.method_registry import method_name
from exclip_desktop.core.methods import Value
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.settings import Framing, framing_suffix


@dataclass(frozen=True, slots=True, repr=False)
class MatrixAnswer(PairMatrix):
    """A method's matrix for a picture and a caption; rows and columns that the method does not define are zero.

    Attributes:
        method: the method's key; ``options`` are all of its options, by name.
        model: the model's name; ``weights_sha256`` says which weights it has.
        framing: the framing of the picture.
        device: where it ran; ``versions`` of what it ran with.

    """

    method: str
    options: Mapping[str, Value]
    model: str
    weights_sha256: str
    framing: Framing
    device: str
    versions: Mapping[str, str]

    @property
    def made_by(self) -> str:
        """Model, method and options, in one line for a person."""
        chosen = ", ".join(f"{option} {value}" for option, value in self.options.items())
        options = f": {chosen}" if chosen else ""
        return f"{self.model}, {method_name(self.method)}{options}{framing_suffix(self.framing)}"

    def provenance(self) -> dict[str, Any]:
        """Return method, options, model, framing, versions and geometry as plain values for JSON."""
        return {
            "method": self.method,
            "options": dict(self.options),
            "model": self.model,
            "weights_sha256": self.weights_sha256,
            "framing": self.framing,
            "device": self.device,
            "versions": dict(self.versions),
            "geometry": self.geometry.as_dict(),
        }
