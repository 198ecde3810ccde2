"""What a canvas and its words show, kept in one place; whoever shows it is told what changed."""

from dataclasses import dataclass, field
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.selection import Preview, Selection
from exclip_desktop.storage.pictures import Picture

Drawing = Literal["scale", "magnitude"]


@dataclass(frozen=True, slots=True)
class View:
    """How heat is drawn.

    Attributes:
        colours: a key of ``core.colour_maps.MAPS``.
        picture_limit, words_limit: locked ends of the two colour ranges; None: automatic.
        drawing: ``scale``, every colour at one opacity, or ``magnitude``, weak areas show the picture.
        opacity: of the heat, 0 to 1.
        smooth: whether patches blend into each other.
        grey: whether the picture is greyed under the heat.
        heat: whether heat is shown at all.
        specials: whether [SOT] and [EOT] are shown.
        lasso: whether dragging draws a lasso instead of a box.

    """

    colours: str = "red-blue"
    picture_limit: float | None = None
    words_limit: float | None = None
    drawing: Drawing = "scale"
    opacity: float = 0.64
    smooth: bool = False
    grey: bool = True
    heat: bool = True
    specials: bool = False
    lasso: bool = False


@dataclass(frozen=True, slots=True)
class CanvasPicture:
    """The picture on the canvas: upright RGB pixels, a title, and the file it came from (None: pasted)."""

    picture: Picture
    title: str
    path: str | None = None


@dataclass(slots=True)
class SceneValues:
    """What a scene keeps."""

    canvas_picture: CanvasPicture | None = None
    answer: Answer | None = None
    stale: bool = False
    selection: Selection = field(default_factory=Selection)
    preview: Preview = field(default_factory=Preview)
    view: View = field(default_factory=View)


class Scene(QObject):
    """A picture with one method's answer, what is selected in it, and how it is drawn.

    Attributes:
        shown: the picture, or None before the first.
        answer: the matrix or the maps on screen, or None.
        stale: whether picture, caption or settings have changed since ``answer`` was made.
        selection, preview: what is selected, and what is hovered over.
        view: how heat is drawn.

    Signals:
        changed(str): a value was replaced; its name. The value's own signal, such as ``view_changed``, precedes it.

    Used in the GUI thread only. Only controllers call ``change``.
    """

    changed = Signal(str)
    canvas_picture_changed = Signal()
    answer_changed = Signal()
    stale_changed = Signal()
    selection_changed = Signal()
    preview_changed = Signal()
    view_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values = self._first_values()

    def _first_values(self) -> SceneValues:
        return SceneValues()

    def change(self, **values: Any) -> None:
        """Replace values by name, all of them, then tell of those that differ."""
        told = []
        for name, value in values.items():
            before = getattr(self._values, name)
            # Those two hold arrays: they are compared by identity.
            if value is before or (name not in ("canvas_picture", "answer") and value == before):
                continue
            setattr(self._values, name, value)
            told.append(name)
        for name in told:
            getattr(self, f"{name}_changed").emit()
            self.changed.emit(name)

    @property
    def canvas_picture(self) -> CanvasPicture | None:
        """The picture on the canvas."""
        return self._values.canvas_picture

    @property
    def answer(self) -> Answer | None:
        """The matrix or the maps on screen."""
        return self._values.answer

    @property
    def stale(self) -> bool:
        """Whether the answer is of an earlier picture, caption or setting."""
        return self._values.stale

    @property
    def selection(self) -> Selection:
        """Selected tokens and regions."""
        return self._values.selection

    @property
    def preview(self) -> Preview:
        """What is hovered over."""
        return self._values.preview

    @property
    def view(self) -> View:
        """How heat is drawn."""
        return self._values.view
