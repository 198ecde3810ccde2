"""Icons and colours that follow the palette, light or dark."""

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QImage, QPainter, QPalette, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from exclip_desktop.core.paths import resource_path

SIZES_PX: Final = (
    24,
    48,
)  # once and twice the toolbar's size; others are scaled, because each further size delays the start
APP_SIZES_PX: Final = (16, 24, 32, 48, 64, 128, 256)
UNCHECKED: Final = {"lock": "unlock"}
"""Icons that look different while their switch is off."""
_TROUBLE: Final = {False: QColor("#b3261e"), True: QColor("#ff8a7a")}


def is_dark(palette: QPalette) -> bool:
    """Return whether text is lighter than the window behind it."""
    return palette.windowText().color().lightnessF() > palette.window().color().lightnessF()


def error_colour(palette: QPalette) -> QColor:
    """Return a red for errors that is readable on the palette's window."""
    return _TROUBLE[is_dark(palette)]


def contrast(front: QColor, behind: QColor) -> float:
    """Return the contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((_luminance(front), _luminance(behind)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def blend_colours(front: QColor, behind: QColor, share: float) -> QColor:
    """Return the blend of ``share`` (0 to 1) of ``front`` over ``behind``."""
    pairs = ((front.red(), behind.red()), (front.green(), behind.green()), (front.blue(), behind.blue()))
    return QColor(*(round(share * above + (1 - share) * below) for above, below in pairs))


def pixmap(name: str, size_px: int, colour: QColor, ratio: float = 1.0) -> QPixmap:
    """Return the icon ``name`` in one colour, ``size_px`` logical pixels square, for a device pixel ratio.

    Raises:
        FileNotFoundError: there is no such icon.
    """
    side_px = round(size_px * ratio)
    key = f"exclip:{name}:{side_px}:{ratio}:{colour.rgba()}"
    drawn = QPixmap()
    if QPixmapCache.find(key, drawn):
        return drawn
    # Not QPixmap.fromImage: all pixmaps of one image share its cache key, and Qt would confuse them.
    drawn = QPixmap(side_px, side_px)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.drawImage(0, 0, _shape(name, side_px))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(drawn.rect(), colour)
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, drawn)
    return drawn


def icon(name: str, palette: QPalette) -> QIcon:
    """Return the icon ``name`` in the palette's button text colours, for each state and the usual sizes."""
    made = QIcon()
    groups = {
        QIcon.Mode.Normal: QPalette.ColorGroup.Active,
        QIcon.Mode.Disabled: QPalette.ColorGroup.Disabled,
    }
    drawings = {QIcon.State.Off: name}
    if name in UNCHECKED:
        drawings = {QIcon.State.Off: UNCHECKED[name], QIcon.State.On: name}
    for mode, group in groups.items():
        colour = palette.color(group, QPalette.ColorRole.ButtonText)
        for size_px in SIZES_PX:
            for state, drawing in drawings.items():
                made.addPixmap(pixmap(drawing, size_px, colour), mode, state)
    return made


def make_app_icon() -> QIcon:
    """Return the program's own icon, the same in light and dark."""
    made = QIcon()
    for size_px in APP_SIZES_PX:
        made.addPixmap(QPixmap.fromImage(_shape("app", size_px)))
    return made


class ThemedIcons(QObject):
    """Sets icons of actions and buttons, and sets them again when the palette of ``owner`` changes."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._names: dict[QAction | QAbstractButton, str] = {}
        owner.installEventFilter(self)

    def add(self, target: QAction | QAbstractButton, name: str) -> None:
        """Set the icon ``name`` on ``target``, which lives as long as the owner."""
        self._names[target] = name
        target.setIcon(icon(name, self._owner.palette()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Set the icons again after a change of the palette."""
        if event.type() == QEvent.Type.PaletteChange:
            for target, name in self._names.items():
                target.setIcon(icon(name, self._owner.palette()))
        return False


@lru_cache(maxsize=512)
def _shape(name: str, side_px: int) -> QImage:
    """Return the drawn icon, ``side_px`` device pixels square; of line icons only the opacity is used.

    An image, because a pixmap cached here would outlive the application.
    """
    drawn = QImage(side_px, side_px, QImage.Format.Format_ARGB32_Premultiplied)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(resource_path("icons", f"{name}.svg").read_bytes())).render(painter, QRectF(drawn.rect()))
    painter.end()
    return drawn
