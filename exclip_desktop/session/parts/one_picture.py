"""Assembles the controllers of one picture with itself."""

from PySide6.QtCore import QObject

from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.parts.directions_controller import DirectionsController
from exclip_desktop.session.parts.parts_controller import PartsController
from exclip_desktop.session.parts.similar_patches_controller import SimilarPatchesController
from exclip_desktop.session.state import State
from exclip_desktop.session.window_settings import SavedParts
from exclip_desktop.session.worker.worker_thread import Worker


class OnePicture(QObject):
    """What a picture's own factor and matrix say.

    Attributes:
        similar_patches: similar patches in place of the heat.
        parts: groups of patches.
        directions: directions of the matrix in place of the heat.

    """

    def __init__(
        self,
        state: State,
        worker: Worker,
        selection_controller: SelectionController,
        compare_controller: CompareController,
        saved: SavedParts,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``state``, and send requests to ``worker``."""
        super().__init__(parent)
        self.similar_patches = SimilarPatchesController(state, worker, compare_controller, saved, self)
        self.directions = DirectionsController(state, compare_controller, self)
        self.parts = PartsController(state, worker, selection_controller, saved, self)

    def cancel(self) -> None:
        """Cancel the requests."""
        self.similar_patches.cancel()
        self.parts.cancel()
