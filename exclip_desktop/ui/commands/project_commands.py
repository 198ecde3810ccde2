"""Commands for findings, projects and pair lists."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.text.wording import describe_regions, describe_words
from exclip_desktop.session.compare.active_pane import ActiveAnswer
from exclip_desktop.session.compare.pane import Pane
from exclip_desktop.session.project.remark_edits import Remark, remark_of, set_differences, share_remark
from exclip_desktop.session.session import Session
from exclip_desktop.storage.exports.formats import names_by_ending
from exclip_desktop.storage.pair_lists.list_files import ENDINGS
from exclip_desktop.storage.project.project_files import ENDING
from exclip_desktop.ui.dialogs.export_dialog import ask_folder, ask_path
from exclip_desktop.ui.lists.findings_tab import FindingsTab
from exclip_desktop.ui.lists.note_dialog import NoteDialog
from exclip_desktop.ui.lists.report_dialog import ReportDialog
from exclip_desktop.ui.widgets.file_manager import show_in_folder

FINDINGS: Final = "Findings (*.jsonl *.csv);;All files (*)"
PROJECTS: Final = f"Projects (*{ENDING});;All files (*)"


class FindingCommands(QObject):
    """Notes findings for a window, and opens projects."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        actions: dict[str, QAction],
        tab: FindingsTab,
        folder: Callable[[], str],
    ) -> None:
        """Connect the actions and the tab; ``folder`` returns where the person opened something last."""
        super().__init__(window)
        self._window, self._session, self._actions, self._folder = window, session, actions, folder
        self._tab = tab
        self._unsaved = Remark()  # what could not be saved last: offered again, so that it is not typed twice
        findings, state = session.findings, session.state
        self._active_pane = session.active_pane
        actions["note"].triggered.connect(self.note)
        actions["open_project"].triggered.connect(self.open_project)
        actions["new_project"].triggered.connect(self.new_project)
        actions["save_project"].triggered.connect(self.save_project)
        actions["import_findings"].triggered.connect(self.import_findings)
        actions["report"].triggered.connect(self.report)
        findings.findings_changed.connect(self._forget_unsaved)
        tab.note_requested.connect(self.note)
        tab.restore_requested.connect(self.restore)
        tab.change_requested.connect(self.change)
        tab.removal_requested.connect(findings.remove)
        tab.folder_requested.connect(self.show_folder)
        session.finding_restorer.restored.connect(tab.mark)
        for moved in (state.canvas_picture_changed, state.caption_changed, session.pair_navigation.current_changed):
            moved.connect(self._on_moved)
        for changed in (state.answer_changed, state.stale_changed):
            changed.connect(self._show)
        self._show()

    def note(self) -> None:
        """Ask for a remark, and note the answer in the active pane with it; a finding's own remark is edited."""
        session, pane = self._session, self._active_pane.pane
        answer = self._active_pane.active_answer
        if answer is None:
            of_pane = "" if pane is None else f" of {pane.facts.name}"
            hint = "Wait until the pair is explained."
            other = "Wait until this pane is computed, or click another pane."
            session.show_note(f"There is nothing to note{of_pane} yet.", other if of_pane else hint)
            return
        if not session.projects.can_change():
            return
        finding = session.findings.find_view(answer)
        before = Remark() if finding is None else remark_of(finding)
        remark = self._ask_remark(
            _describe_finding(answer, pane), self._unsaved if self._unsaved != Remark() else before
        )
        if remark is not None:
            self._unsaved = remark
            session.findings.note(answer, set_differences(before, remark))

    def show_folder(self, key: int) -> None:
        """Show a finding's picture in its folder."""
        finding = self._session.findings.finding(key)
        path = None if finding is None else self._session.findings.picture_path(finding)
        if path is not None:
            show_in_folder(path)

    def _on_moved(self) -> None:
        """No finding is on screen any more, unless one is being opened."""
        if not self._session.finding_restorer.is_restoring:
            self._tab.mark(None)

    def _forget_unsaved(self) -> None:
        self._unsaved = Remark()

    def restore(self, key: int) -> None:
        """Show a finding's view again."""
        finding = self._session.findings.finding(key)
        if finding is not None:
            self._session.finding_restorer.restore(finding)

    def change(self, keys: tuple[int, ...]) -> None:
        """Ask for another remark on findings; what they do not share stays, unless it is entered anew."""
        findings = self._session.findings
        found = findings.load(keys)
        if not found or not self._session.projects.can_change():
            return
        before, are_notes_equal = share_remark([remark_of(one) for one in found])
        what = found[0].view.caption if len(found) == 1 else format_count(len(found), "finding")
        remark = self._ask_remark(what, before, several_notes=not are_notes_equal)
        if remark is not None and remark != before:
            findings.edit(keys, set_differences(before, remark))

    def _ask_remark(self, what: str, before: Remark, *, several_notes: bool = False) -> Remark | None:
        tags = self._session.findings.tags()
        dialog = NoteDialog(what, before, tags, self._window, several_notes=several_notes)
        remark = dialog.remark() if dialog.exec() else None
        dialog.deleteLater()
        return remark

    def open_project(self) -> None:
        """Ask for a project and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open project", self._folder(), PROJECTS)
        if path:
            self._session.projects.open(path)

    def new_project(self) -> None:
        """Ask for a path, and create an empty project."""
        path = self._ask_project_path("New project")
        if path is not None:
            self._session.projects.create(path)

    def save_project(self) -> None:
        """Ask for a path, and continue in a copy of the project."""
        path = self._ask_project_path("Save project as")
        if path is not None:
            self._session.projects.save_copy(path)

    def import_findings(self) -> None:
        """Ask for a file, and add its findings."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Import findings", self._folder(), FINDINGS)
        if path:
            self._session.findings_export.import_file(Path(path))

    def report(self) -> None:
        """Ask which of the listed findings to export, and to which file."""
        session, tab = self._session, self._tab
        tab.refresh()
        if not tab.count:
            session.show_note("There are no findings to export.", "Note one with N, or clear the filter.")
            return
        dialog = ReportDialog(tab.query, tab.count, tab.selected_ids, self._window)
        if dialog.exec():
            chosen = dialog.report_format
            suggested = Path(self._folder()) / f"findings{chosen.ending}"
            if chosen.is_folder:
                path = ask_folder(self._window, "Export findings", suggested)
            else:
                path = ask_path(self._window, "Export findings", suggested, names_by_ending([chosen]))
            if path is not None:
                session.findings_export.write_report(path, dialog.options())
        dialog.deleteLater()

    def _show(self) -> None:
        state = self._session.state
        self._actions["note"].setEnabled(state.explanation is not None and not state.stale)

    def _ask_project_path(self, title: str) -> Path | None:
        return ask_path(self._window, title, Path(self._folder()) / f"findings{ENDING}", {ENDING: "Projects"})


def _describe_finding(active_answer: ActiveAnswer, pane: Pane | None) -> str:
    """Describe what will be noted."""
    caption, selection = active_answer.answer.caption, active_answer.selection
    words = f"{describe_words(caption, selection.rows)} × {describe_regions(selection.regions)}"
    return "\n".join(part for part in (caption.text, "" if pane is None else pane.facts.name, words) if part)


LISTS: Final = f"Pair lists ({' '.join(f'*{one}' for one in ENDINGS if one != ENDING)});;All files (*)"
NEEDS_LIST: Final = ("next_pair", "previous_pair", "close_list", "export_list")


class ListCommands(QObject):
    """Opens pair lists for a window, and moves through them."""

    def __init__(
        self, window: QWidget, session: Session, actions: dict[str, QAction], folder: Callable[[], str]
    ) -> None:
        """Connect the actions; ``folder`` returns where the person opened something last."""
        super().__init__(window)
        self._window, self._session, self._actions, self._folder = window, session, actions, folder
        navigation = session.pair_navigation
        actions["open_list"].triggered.connect(self.open_list)
        actions["open_folder"].triggered.connect(self.open_folder)
        actions["close_list"].triggered.connect(navigation.close)
        actions["next_pair"].triggered.connect(lambda: navigation.step(1))
        actions["previous_pair"].triggered.connect(lambda: navigation.step(-1))
        labels = session.picture_labels
        actions["take_labels"].triggered.connect(labels.select)
        actions["keep_labels"].triggered.connect(labels.save)
        for changed in (navigation.list_changed, labels.changed, session.state.selection_changed):
            changed.connect(self._enable)
        self._enable()

    def open_list(self) -> None:
        """Ask for a list and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open list", self._folder(), LISTS)
        if path:
            self._session.pair_navigation.open(Path(path))

    def open_folder(self) -> None:
        """Ask for a folder of pictures and captions, and open it."""
        path = QFileDialog.getExistingDirectory(self._window, "Open folder", self._folder())
        if path:
            self._session.pair_navigation.open(Path(path))

    def _enable(self) -> None:
        labels, regions = self._session.picture_labels.labels, self._session.state.selection.regions
        self._actions["take_labels"].setEnabled(bool(labels))
        self._actions["keep_labels"].setEnabled(bool(labels or regions))
        for name in NEEDS_LIST:
            self._actions[name].setEnabled(bool(self._session.pair_navigation.pairs))
