"""Exports the project's findings to files, and imports findings from files."""

from pathlib import Path

from PySide6.QtCore import QObject

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.processes import call_in_process
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.storage.exports.finding_lists import write_finding_list
from exclip_desktop.storage.exports.formats import ReportOptions
from exclip_desktop.storage.project.finding_import import import_findings
from exclip_desktop.storage.project.project_files import open_project


class FindingsExport(QObject):
    """Exports the open project's findings, and imports findings into it."""

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        tasks: Tasks,
        findings: ProjectFindings,
        parent: QObject | None = None,
    ) -> None:
        """Work with the project of ``findings``; ``explain_controller`` shows errors."""
        super().__init__(parent)
        self._state, self._explain_controller, self._tasks = state, explain_controller, tasks
        self._findings, self._projects = findings, findings.projects

    def write_report(self, out: Path, options: ReportOptions) -> None:
        """Write the project's findings; what is drawn in a separate process, because drawing would block the window."""
        project = self._projects.project
        if project is None:
            return
        arguments = (project.path, out, options)

        def write(cancel: CancelToken) -> tuple[int, tuple[str, ...]]:
            if options.list_format:
                return write_finding_list(*arguments, cancel)
            count, notes = call_in_process("exclip_desktop.render.findings_report:write_report", arguments, cancel)
            return int(count), tuple(notes)

        def then(written: tuple[int, tuple[str, ...]]) -> None:
            count, notes = written
            text = " ".join((f"Written: {out} ({format_count(count, 'finding')})", *notes))
            self._state.change(notice=Notice(text, kind="note", file=out))

        run_with_progress(
            self._state, self._tasks, Work(f"Writing {out.name}"), write, then, self._explain_controller.show_error
        )

    def import_file(self, path: Path) -> None:
        """Add the findings of a file that the project lacks."""

        def read(_: CancelToken) -> tuple[tuple[Finding, ...], int]:
            with open_project(place) as project:  # a connection of this thread
                return import_findings(project, path)

        def then(read: tuple[tuple[Finding, ...], int]) -> None:
            (added, count), project = read, self._projects.project
            if (
                added and project is not None and project.path == place
            ):  # otherwise another project was opened meanwhile
                self._findings.push_added("import findings", added)
            there = f"; {count - len(added):,} were in the project already" if count > len(added) else ""
            message = f"{format_count(len(added), 'finding')} imported from {path.name}{there}."
            self._state.change(notice=Notice(message, kind="note"))

        try:
            place = self._projects.open_or_create().path
        except (UserError, OSError) as error:
            self._explain_controller.show_error(error)
            return
        work = Work(f"Reading {path.name}")
        run_with_progress(self._state, self._tasks, work, read, then, self._explain_controller.show_error)
