"""Keeps the caption that a person types for a pair without one."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import State
from exclip_desktop.session.undo import MergeKind, ProjectStep
from exclip_desktop.storage.project.typed_captions import load_typed_captions, save_typed_caption


@dataclass(frozen=True, slots=True)
class PairCaption:
    """A caption of a pair: the list's path, the pair's id and picture."""

    source: Path
    pair: str
    picture: str
    caption: str


class CaptionKeeper(QObject):
    """Saves captions of pairs without one in the open project, else in the person's own, as steps that can be undone.

    The caption that a list brings with a pair stays: another one that is typed for it is a trial, which ends with the
    next pair.
    """

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        navigation: PairNavigation,
        projects: Projects,
        undo: QUndoStack,
        parent: QObject | None = None,
    ) -> None:
        """Put the typed captions into each list that ``navigation`` opens."""
        super().__init__(parent)
        self._state, self._explain_controller = state, explain_controller
        self._navigation, self._projects, self._undo = navigation, projects, undo
        self._typed = set[str]()  # ids of the list's pairs whose captions are the person's
        navigation.list_changed.connect(self._on_list_changed)

    def type_caption(self, text: str) -> None:
        """Explain another caption of the picture on screen; keep it where its pair has none."""
        pair = self._captionless()
        if pair is None or text == self._state.caption:
            self._explain_controller.type_caption(text)
            return
        after = PairCaption(self._navigation.list.source, pair.id, str(self._navigation.path(pair)), text)
        before = replace(after, caption=self._state.caption)
        self._undo.push(ProjectStep("edit caption", self._put, before, after, MergeKind.TYPING, joins=True))

    def _captionless(self) -> ListedPair | None:
        """Return the pair on screen, if its list brings no caption for it."""
        navigation, canvas_picture = self._navigation, self._state.canvas_picture
        if navigation.current is None or canvas_picture is None or not navigation.is_listed(canvas_picture.path or ""):
            return None
        pair = navigation.pairs[navigation.current]
        return pair if not pair.caption.strip() or pair.id in self._typed else None

    def _put(self, what: PairCaption) -> None:
        """Save a caption; show it in its list and, if its pair is there, on screen."""
        navigation = self._navigation
        if what.source == navigation.list.source:
            self._typed.add(what.pair)
            navigation.put_captions({what.pair: what.caption})
            if navigation.is_current(what.pair):
                self._explain_controller.put_caption(what.caption)

        def save() -> None:
            project = self._projects.open_or_create()
            key = what.pair if project.path == what.source else os.path.abspath(what.picture)
            save_typed_caption(project, key, what.caption)

        self._projects.attempt(save)

    def _on_list_changed(self) -> None:
        navigation = self._navigation
        captions = self._projects.read(load_typed_captions, dict[str, str]())
        if navigation.is_project_list:  # it was read with its captions
            self._typed = set(captions)
            return
        typed = {
            pair.id: captions[path]
            for place, pair in enumerate(navigation.pairs if captions else ())
            if not pair.caption.strip() and (path := navigation.values.key(place)[0]) in captions
        }
        self._typed = set(typed)
        if typed:
            navigation.put_captions(typed)
