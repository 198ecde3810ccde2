"""The versions that decide numbers."""

import open_clip
import torch

from exclip_desktop.core.version import __version__


def versions() -> dict[str, str]:
    """Return the versions of this program, torch and open_clip."""
    return {"exclip_desktop": __version__, "torch": torch.__version__, "open_clip": open_clip.__version__}
