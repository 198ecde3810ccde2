"""exclip_desktop: which words of a caption match which regions of a picture, in the eyes of a CLIP model.

Nothing heavy is imported until it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from exclip_desktop.core.version import __version__

if TYPE_CHECKING:
    from exclip_desktop.api.batch import batch, open_batch
    from exclip_desktop.api.between import TwoInputResult, explain_between
    from exclip_desktop.api.caption_search import search_captions
    from exclip_desktop.api.explain import (
        MatrixResult,
        Result,
        explain,
        load_model,
        map_by,
        matrix_by,
        measure,
        open_cache,
        profile,
        score,
        wrap_model,
    )
    from exclip_desktop.api.lists import convert_list
    from exclip_desktop.api.parts import find_directions, find_parts, similar_patches
    from exclip_desktop.api.search import search
    from exclip_desktop.api.study import study

__all__ = [
    "MatrixResult",
    "Result",
    "TwoInputResult",
    "__version__",
    "batch",
    "convert_list",
    "explain",
    "explain_between",
    "find_directions",
    "find_parts",
    "load_model",
    "map_by",
    "matrix_by",
    "measure",
    "open_batch",
    "open_cache",
    "profile",
    "score",
    "search",
    "search_captions",
    "similar_patches",
    "study",
    "wrap_model",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        modules = {
            "batch": "batch",
            "open_batch": "batch",
            "study": "study",
            "convert_list": "lists",
            "search": "search",
            "search_captions": "caption_search",
            "find_directions": "parts",
            "find_parts": "parts",
            "similar_patches": "parts",
            "TwoInputResult": "between",
            "explain_between": "between",
        }
        return getattr(import_module(f"exclip_desktop.api.{modules.get(name, 'explain')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
