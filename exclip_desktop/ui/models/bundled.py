"""What a person must know of the model that ships with the program."""

from typing import Final

from exclip_desktop.session.worker.requests import ModelChoice

BUNDLED_SAYS: Final = (
    "The bundled model, demo, is a small demonstration model that knows only scenes of emoji. For photographs, choose "
    "another by File › Models."
)


def model_told(name: str) -> str:
    """Return what must be known of a model; empty but for the bundled one."""
    return BUNDLED_SAYS if name == ModelChoice().name else ""
