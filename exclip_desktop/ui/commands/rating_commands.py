"""Commands of the Rate menu: ratings and tags by keys, of the view on screen or of the selected findings."""

from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import RATING_NAMES, Rating
from exclip_desktop.session.project.remark_edits import remark_of, set_rating, set_tags, share_remark
from exclip_desktop.session.session import Session
from exclip_desktop.ui.dialogs.rating_keys_dialog import RatingKeysDialog, apply_keys, find_conflict
from exclip_desktop.ui.lists.findings_tab import FindingsTab
from exclip_desktop.ui.lists.pair_list_dock import PairListDock
from exclip_desktop.ui.lists.tag_field import TagDialog

RATE: Final[dict[str, Rating]] = {
    "rate_match": "match",
    "rate_mismatch": "mismatch",
    "rate_artefact": "artefact",
    "rate_unsure": "unsure",
    "rate_none": "",
}


class RatingCommands(QObject):
    """Rates and tags for a window: selected findings or pairs while their list has the focus, else the view on screen.

    Signals:
        keys_changed(): the person chose other keys.

    """

    keys_changed = Signal()

    def __init__(
        self, window: QWidget, session: Session, actions: dict[str, QAction], tab: FindingsTab, dock: PairListDock
    ) -> None:
        """Connect the actions of the Rate menu."""
        super().__init__(window)
        self._dock = dock
        self._window, self._session, self._actions, self._tab = window, session, actions, tab
        for name, rating in RATE.items():
            actions[name].triggered.connect(lambda _=False, rating=rating: self.rate(rating))
        actions["tag"].triggered.connect(self.tag)
        rating_controller, settings = session.rating_controller, session.settings.annotating
        actions["next_unrated"].triggered.connect(rating_controller.show_next_unrated)
        actions["next_doubtful"].triggered.connect(rating_controller.show_next_doubtful)
        actions["rating_goes_on"].setChecked(settings.goes_on)
        actions["rating_goes_on"].toggled.connect(settings.save_goes_on)
        actions["rating_keys"].triggered.connect(self.ask_keys)
        keys = settings.keys()
        apply_keys(actions, {} if find_conflict(keys) else keys)  # this version may need one of them for another action
        tab.rating_requested.connect(self._rate_findings)
        tab.tags_requested.connect(self._tag_findings)
        session.pair_navigation.list_changed.connect(self._enable)
        self._enable()

    def rate(self, rating: Rating) -> None:
        """Rate the selected findings or the view on screen."""
        if self._tab.has_focused_selection:
            self._rate_findings(self._tab.selected_ids, rating)
        elif self._dock.focused_places:
            self.rate_pairs(self._dock.focused_places, rating)
        else:
            self._session.rating_controller.rate(rating)

    def tag(self) -> None:
        """Ask for the tags of the selected findings or of the view on screen."""
        if self._tab.has_focused_selection:
            self._tag_findings(self._tab.selected_ids)
            return
        if self._dock.focused_places:
            self.tag_pairs(self._dock.focused_places)
            return
        session = self._session
        answer = session.active_pane.active_answer
        if not session.projects.can_change():
            return
        finding = None if answer is None else session.findings.find_view(answer)
        before = () if finding is None else finding.tags
        after = self._ask_tags(session.state.caption, before)
        if after is not None:
            session.rating_controller.tag(before, after)

    def rate_pairs(self, places: list[int], rating: Rating) -> None:
        """Rate the pairs at these places of the list: the one on screen by its view, others by their figures."""
        if places == [self._session.pair_navigation.current]:
            self._session.rating_controller.rate(rating)
        else:
            self._session.pair_ratings.rate(places, rating)

    def tag_pairs(self, places: list[int]) -> None:
        """Ask for the tags that all of these pairs have; each keeps its other tags."""
        if not self._session.projects.can_change():
            return
        pairs, before = self._session.pair_navigation.pairs, self._session.pair_ratings.shared_tags(places)
        several = f"Tags that {format_count(len(places), 'pair')} share"
        after = self._ask_tags(pairs[places[0]].caption if len(places) == 1 else several, before)
        if after is not None:
            self._session.pair_ratings.tag(places, before, after)

    def ask_keys(self) -> None:
        """Ask for the keys of ratings, and whether the next pair is shown after one."""
        settings, goes_on = self._session.settings.annotating, self._actions["rating_goes_on"]
        dialog = RatingKeysDialog(settings.keys(), settings.goes_on, self._window)
        if dialog.exec():
            settings.save_keys(dialog.keys())
            apply_keys(self._actions, dialog.keys())
            goes_on.setChecked(dialog.goes_on)
            self.keys_changed.emit()
        dialog.deleteLater()

    def _rate_findings(self, keys: tuple[int, ...], rating: Rating) -> None:
        if keys and self._session.projects.can_change():
            self._session.findings.edit(keys, set_rating(rating), _step(f"rate {RATING_NAMES[rating].lower()}", keys))

    def _tag_findings(self, keys: tuple[int, ...]) -> None:
        """Ask for the tags that all of these findings have; each keeps its other tags."""
        found = self._session.findings.load(keys)
        if not found or not self._session.projects.can_change():
            return
        before = share_remark([remark_of(one) for one in found])[0].tags
        what = found[0].view.caption if len(found) == 1 else f"Tags that {format_count(len(found), 'finding')} share"
        after = self._ask_tags(what, before)
        if after is not None and after != before:
            self._session.findings.edit(keys, set_tags(before, after), _step("tag", keys))

    def _ask_tags(self, what: str, before: tuple[str, ...]) -> tuple[str, ...] | None:
        dialog = TagDialog(what, before, self._session.findings.tags(), self._window)
        after = dialog.field.tags if dialog.exec() else None
        dialog.deleteLater()
        return after

    def _enable(self) -> None:
        for name in ("next_unrated", "next_doubtful"):
            self._actions[name].setEnabled(bool(self._session.pair_navigation.pairs))


def _step(what: str, keys: tuple[int, ...]) -> str:
    return what if len(keys) == 1 else f"{what}, {format_count(len(keys), 'finding')}"
