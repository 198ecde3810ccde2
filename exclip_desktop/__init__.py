"""exclip_desktop: which words of a caption match which regions of a picture, in the eyes of a CLIP model.

Nothing heavy is imported until it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from exclip_desktop.core.version import __version__

if TYPE_CHECKING:
    from exclip_desktop.api import MatrixResult, Result, explain, load_model, map_by, matrix_by, measure, profile, score
    from exclip_desktop.api_study import study

__all__ = [
    "MatrixResult",
    "Result",
    "__version__",
    "explain",
    "load_model",
    "map_by",
    "matrix_by",
    "measure",
    "profile",
    "score",
    "study",
]


def __getattr__(name: str) -> Any:
    if name == "study":
        return import_module("exclip_desktop.api_study").study
    if name in __all__:
        return getattr(import_module("exclip_desktop.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
