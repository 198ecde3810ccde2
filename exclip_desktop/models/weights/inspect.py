"""What a weights file tells of itself, for whoever asks a person the rest."""

from dataclasses import dataclass
from pathlib import Path

from exclip_desktop.core.paths import expand_home
from exclip_desktop.models.weights.fingerprint import sha256_of
from exclip_desktop.models.weights.fit import recognised
from exclip_desktop.models.weights.published import published_as
from exclip_desktop.models.weights.read import read_weights


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a weights file.

    Attributes:
        architectures: what it fits: none, one, or several that differ in no shape, to choose from.
        preprocess_known: whether it is a published file, so that nobody need say how pictures are prepared.
        notes: which of its weights were taken, where it holds more than one set.

    """

    architectures: tuple[str, ...]
    preprocess_known: bool
    notes: tuple[str, ...]


def inspect_checkpoint(path: str | Path) -> Inspection:
    """Read a weights file and recognise it: 0.1 to some seconds, beside reading it; for a worker's thread.

    Raises:
        ModelError: it is damaged, holds no weights, or opening it could run code.

    """
    file = expand_home(path)
    weights = read_weights(file)
    known = [one.name for one in published_as(sha256_of(file))]
    return Inspection(tuple(known[:1] or recognised(weights.state)), bool(known), weights.notes)
