"""Observable values that a canvas and its words show."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar, overload

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.maths.colour import DEFAULT_COLOURS
from exclip_desktop.core.maths.word_values import DEFAULT_WORDS_BY, WordsBy
from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Preview, Region, Selection, follow_region
from exclip_desktop.session.parts.heat_modes import HeatMode
from exclip_desktop.session.parts.part_marks import PartMarks
from exclip_desktop.storage.pictures import Picture

Drawing = Literal["scale", "magnitude"]
Tool = Literal["select", "box", "lasso"]
COMPARED_BY_IDENTITY: Final = ("canvas_picture", "answer", "heat_mode")  # they hold arrays
NO_PICTURE: Final = "Open a picture, paste one, or drop one here."
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """How heat is drawn.

    Attributes:
        colours: a key of ``COLOUR_MAPS``.
        words_by: what colours a word while no region is drawn: its strongest region, or the whole picture.
        picture_limit, words_limit: locked ends of the two colour ranges; None: automatic.
        drawing: ``scale``, every colour at one opacity, or ``magnitude``, weak areas show the picture.
        opacity: of the heat, 0 to 1.
        smooth: whether patches blend into each other.
        grey: whether the picture is greyed under the heat.
        heat: whether heat is shown at all.
        histogram: whether a histogram of the heat's values is shown next to the colour bar.
        specials: whether [SOT] and [EOT] are shown.
        labels: whether labelled regions that are not selected are drawn, too.
        tool: ``select``: a drag moves the region under it, or draws a box beside all regions; ``box``: every drag draws
            a box; ``lasso``: like ``select``, with a lasso instead of a box.
        subtract: whether every drag draws a region that is subtracted.

    """

    colours: str = DEFAULT_COLOURS
    words_by: WordsBy = DEFAULT_WORDS_BY
    picture_limit: float | None = None
    words_limit: float | None = None
    drawing: Drawing = "scale"
    opacity: float = 0.64
    smooth: bool = False
    grey: bool = True
    heat: bool = True
    histogram: bool = True
    specials: bool = False
    labels: bool = True
    tool: Tool = "select"
    subtract: bool = False


@dataclass(frozen=True, slots=True)
class CanvasPicture:
    """The picture on the canvas: upright RGB pixels, a title, and the file that it was read from (None: pasted)."""

    picture: Picture
    title: str
    path: str | None = None

    @property
    def bounds(self) -> Box:
        """The box of the whole picture, in source pixels."""
        height, width = self.picture.pixels.shape[:2]
        return 0.0, 0.0, float(width), float(height)


class Value(Generic[T]):
    """A value of a scene. It is read like an attribute; only ``Scene.change`` replaces it.

    A class that has a ``Value`` named ``view`` also has a signal named ``view_changed``.
    """

    def __init__(self, make_default: Callable[[], T]) -> None:
        self.make_default, self.name = make_default, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, scene: None, owner: type) -> "Value[T]": ...
    @overload
    def __get__(self, scene: "Scene", owner: type) -> T: ...
    def __get__(self, scene: "Scene | None", owner: type) -> "T | Value[T]":
        if scene is None:
            return self
        value: T = scene.values[self.name]
        return value


def no_value() -> None:
    """Return None: the default of an optional ``Value``."""


class Scene(QObject):
    """A picture with the answer of one method, what is selected in it, and how it is drawn.

    Attributes:
        canvas_picture: the picture, or None before the first, and while that of a pair is read or cannot be read.
        canvas_hint: the text in place of the picture.
        answer: the matrix or the maps on screen, or None.
        stale: whether picture, caption or settings have changed since ``answer`` was computed.
        heat_mode: what the heat shows instead of the answer's values, or None.
        part_marks: the parts that are drawn on the picture, or None.
        selection: the selected tokens and regions; ``preview``: the word or patch under the mouse.
        labels: labelled regions of the picture, selected or not.
        current_region: index of the region that keys and commands change, always one of the selection's, or None.
        view: how heat is drawn.

    Signals:
        changed(str): a value was replaced; its name. The value's own signal, such as ``view_changed``, precedes it.

    Used in the GUI thread only. Only controllers call ``change``.
    """

    changed = Signal(str)
    canvas_picture_changed = Signal()
    canvas_hint_changed = Signal()
    answer_changed = Signal()
    heat_mode_changed = Signal()
    part_marks_changed = Signal()
    stale_changed = Signal()
    selection_changed = Signal()
    labels_changed = Signal()
    current_region_changed = Signal()
    preview_changed = Signal()
    view_changed = Signal()

    canvas_picture: Value[CanvasPicture | None] = Value(no_value)
    canvas_hint = Value(lambda: NO_PICTURE)
    answer: Value[Answer | None] = Value(no_value)
    heat_mode: Value[HeatMode | None] = Value(no_value)
    part_marks: Value[PartMarks | None] = Value(no_value)
    stale = Value(bool)
    selection = Value(Selection)
    labels: Value[tuple[Region, ...]] = Value(tuple)
    current_region: Value[int | None] = Value(no_value)
    preview = Value(Preview)
    view = Value(View)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        descriptors = (value for cls in type(self).__mro__ for value in vars(cls).values() if isinstance(value, Value))
        self.values: dict[str, Any] = {value.name: value.make_default() for value in descriptors}

    def change(self, **values: Any) -> None:
        """Replace values by name, all of them first; then emit the signals of those that differ.

        The current region follows the selection: it stays the same region, or there is none.

        Raises:
            KeyError: there is no such value.

        """
        if "selection" in values or "current_region" in values:
            values["current_region"] = self._find_current(**values)
        changed = []
        for name, value in values.items():
            before = self.values[name]
            if value is before or (name not in COMPARED_BY_IDENTITY and value == before):
                continue
            self.values[name] = value
            changed.append(name)
        for name in changed:
            getattr(self, f"{name}_changed").emit()
            self.changed.emit(name)

    @contextmanager
    def preview_hidden(self) -> Iterator[None]:
        """Within this context, show what is selected and nothing of what is under the mouse."""
        before = self.preview
        self.change(preview=Preview())
        yield
        self.change(preview=before)

    def _find_current(self, **values: Any) -> int | None:
        """Return the index of the current region after ``values`` are put."""
        before, after = self.selection.regions, values.get("selection", self.selection).regions
        index: int | None = values.get("current_region", follow_region(before, after, self.current_region))
        return index if index is not None and index < len(after) else None
