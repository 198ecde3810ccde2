"""Opens again what was open before: the menu of recent files, and the bar that offers to continue."""

from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QMenu, QWidget

from exclip_desktop.session.last_place import describe_place
from exclip_desktop.session.saved_places import LeftPair, RecentPaths
from exclip_desktop.session.session import Session
from exclip_desktop.ui.widgets.labels import escape_ampersands
from exclip_desktop.ui.widgets.notice_bar import NoticeBar

BUTTONS: Final = {"go_on": "Continue", "always": "Always continue"}
TIPS: Final = {
    "go_on": "Open it at the last pair shown",
    "always": "Continue now, and at every start (Settings)",
}


class RecentMenu(QMenu):
    """Projects, lists and folders, then pictures, that were opened last; missing ones can be removed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.refresh)

    def refresh(self) -> None:
        """Fill the menu."""
        self.clear()
        settings = self._session.settings
        groups = settings.recent_sources, settings.recent_pictures
        missing = sum([self._add_group(group) for group in groups])
        if self.isEmpty():
            self.addAction("Nothing opened yet").setEnabled(False)
            return
        if missing:
            self.addAction("Remove missing entries").triggered.connect(self._remove_missing)
        self.addAction("Clear this list").triggered.connect(self._clear_all)

    def _add_group(self, group: RecentPaths) -> int:
        """Add the entries of a group and a line; return the number of missing ones."""
        paths, existing = group.paths(), set(group.existing())
        names = [Path(path).name or path for path in paths]
        for path, name in zip(paths, names, strict=True):
            words = name if names.count(name) == 1 else f"{name} ({Path(path).parent})"
            entry = self.addAction(escape_ampersands(words if path in existing else f"{words}: not found"))
            entry.setToolTip(path)
            entry.setEnabled(path in existing)
            entry.triggered.connect(lambda _=False, path=path: self._session.open(path))
        if paths:
            self.addSeparator()
        return len(paths) - len(existing)

    def _remove_missing(self) -> None:
        for group in (self._session.settings.recent_sources, self._session.settings.recent_pictures):
            group.keep(group.existing())

    def _clear_all(self) -> None:
        for group in (self._session.settings.recent_sources, self._session.settings.recent_pictures):
            group.clear()


class ResumeBar(NoticeBar):
    """Offers the place where the person was at the end of the last start."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._place = LeftPair()
        session.last_place.offered.connect(self._on_offered)
        session.last_place.left.connect(self.hide)
        self.answered.connect(self._on_answered)

    def _on_offered(self, place: LeftPair) -> None:
        if self._session.settings.places.start_choice() != "resume":
            self._place = place
            self.show_message(f"Last time: {describe_place(place)}.", BUTTONS, TIPS)

    def _on_answered(self, key: str) -> None:
        if key == "always":
            self._session.settings.places.save_start_choice("resume")
        self._session.go_on(self._place)
