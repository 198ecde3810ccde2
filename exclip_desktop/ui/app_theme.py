"""The application's theme: light, dark or the system's, with palettes whose text is readable."""

from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from exclip_desktop.session.settings_file import ThemeChoice
from exclip_desktop.session.window_settings import Appearance
from exclip_desktop.ui.focus_ring import FocusRings
from exclip_desktop.ui.outlined_style import OutlinedStyle
from exclip_desktop.ui.theme import contrast, is_dark

Role = QPalette.ColorRole
Scheme = Qt.ColorScheme
LEAST_TEXT_CONTRAST: Final = 4.5
"""WCAG 2.2, 1.4.3; for the outlines of controls it is 3 (1.4.11)."""

_SCHEMES: Final[dict[ThemeChoice, Scheme]] = {
    "system": Scheme.Unknown,
    "light": Scheme.Light,
    "dark": Scheme.Dark,
}
_COLOURS: Final[dict[Role, tuple[str, str]]] = {  # light, dark
    Role.Window: ("#f4f4f4", "#2b2b2b"),
    Role.WindowText: ("#1c1c1c", "#e6e6e6"),
    Role.Base: ("#ffffff", "#1f1f1f"),
    Role.AlternateBase: ("#f0f0f0", "#272727"),
    Role.Text: ("#1c1c1c", "#e6e6e6"),
    Role.PlaceholderText: ("#666666", "#a6a6a6"),
    Role.Button: ("#e9e9e9", "#3a3a3a"),
    Role.ButtonText: ("#1c1c1c", "#e6e6e6"),
    Role.BrightText: ("#ffffff", "#ffffff"),
    Role.Highlight: ("#2f6fb3", "#3573b5"),
    Role.HighlightedText: ("#ffffff", "#ffffff"),
    Role.Accent: ("#2f6fb3", "#6aa9e9"),
    Role.Link: ("#0b5cad", "#7ab8ff"),
    Role.LinkVisited: ("#6b3fa0", "#c3a6ff"),
    Role.ToolTipBase: ("#ffffff", "#1f1f1f"),
    Role.ToolTipText: ("#1c1c1c", "#e6e6e6"),
}
_DISABLED: Final = ("#767676", "#979797")
_READ_PAIRS: Final = (
    (Role.WindowText, Role.Window),
    (Role.Text, Role.Base),
    (Role.ButtonText, Role.Button),
    (Role.HighlightedText, Role.Highlight),
    (Role.ToolTipText, Role.ToolTipBase),
)


def make_palette(dark: bool) -> QPalette:
    """Return the program's light or dark palette."""
    colours = {role: QColor(pair[dark]) for role, pair in _COLOURS.items()}
    made = QPalette(colours[Role.Button], colours[Role.Window])
    for role, colour in colours.items():
        made.setColor(role, colour)
    for role in (Role.WindowText, Role.Text, Role.ButtonText, Role.PlaceholderText, Role.ToolTipText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(_DISABLED[dark]))
    return made


def is_readable(palette: QPalette) -> bool:
    """Return whether a palette's texts have the contrast that reading needs."""
    return all(
        contrast(palette.color(text), palette.color(ground)) >= LEAST_TEXT_CONTRAST for text, ground in _READ_PAIRS
    )


class Theme(QObject):
    """Applies the theme that the person chooses, at once.

    A system's own palette stays if it is readable. Other styles than Fusion (Windows, macOS) have palettes of their
    own: only Qt's colour scheme is set for them.
    """

    def __init__(self, app: QApplication, appearance: Appearance) -> None:
        """Apply the theme of ``appearance``, and follow it."""
        super().__init__(app)
        self._app, self._appearance = app, appearance
        self._is_fusion = app.style().name().lower() == "fusion"
        if self._is_fusion:
            app.setStyle(OutlinedStyle())
            self._rings = FocusRings(app)
        appearance.theme_changed.connect(self.apply)
        app.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self.apply()

    def end(self) -> None:
        """Follow neither the appearance nor the system any longer."""
        self._appearance.theme_changed.disconnect(self.apply)
        self._app.styleHints().colorSchemeChanged.disconnect(self._on_system_changed)
        if self._is_fusion:
            self._rings.end()
        self.deleteLater()

    def apply(self) -> None:
        """Apply the chosen theme."""
        choice, hints = self._appearance.theme(), self._app.styleHints()
        if hints.colorScheme() != _SCHEMES[choice]:
            hints.setColorScheme(_SCHEMES[choice])
        if self._is_fusion:
            self._show_palette(choice)

    def _show_palette(self, choice: ThemeChoice) -> None:
        if choice == "system":
            self._app.setPalette(QPalette())
            system = self._app.palette()
            if not is_readable(system):
                self._app.setPalette(make_palette(is_dark(system)))
        else:
            self._app.setPalette(make_palette(choice == "dark"))

    def _on_system_changed(self) -> None:
        if self._appearance.theme() == "system":
            self.apply()
