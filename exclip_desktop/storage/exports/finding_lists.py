"""Writes a project's findings as a list of pairs for another program."""

from pathlib import Path

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.core.values.pair_list import PairList, summarize_notes
from exclip_desktop.storage.exports.finding_tables import make_region_pairs
from exclip_desktop.storage.exports.formats import ReportOptions
from exclip_desktop.storage.pair_lists.list_export import export_list
from exclip_desktop.storage.pair_lists.list_writer import count_parts, describe_losses
from exclip_desktop.storage.pair_lists.writers import writer_of
from exclip_desktop.storage.project.finding_rows import load_findings
from exclip_desktop.storage.project.pair_rows import load_all_boxes
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import open_project


def write_finding_list(
    path: Path, out: Path, options: ReportOptions, cancel: CancelToken | None = None
) -> tuple[int, tuple[str, ...]]:
    """Write findings of the project file ``path`` in ``options.list_format``; return their number, and notes.

    Raises:
        OutputError: the file or folder cannot be written.
        ProjectError: the project cannot be opened, or has no such finding.
        Cancelled: the person cancelled; nothing is left.

    """
    with open_project(path) as project:
        findings = choose_findings(project, options)
        pairs, writer = make_region_pairs(findings, load_all_boxes(project)), writer_of(out.name, options.list_format)
        done = export_list(
            PairList(project.path, project.folder, pairs), out, writer, cancel=cancel, formulas=options.formulas
        )
        losses = describe_losses(count_parts(pairs), writer)
        return len(findings), (*project.notes, *losses, *summarize_notes(done.notes))


def choose_findings(project: Project, options: ReportOptions) -> list[Finding]:
    """Return the findings that the options choose; raise ``ProjectError`` where there is none."""
    findings = [one for one in load_findings(project, options.query) if not options.only or one.id in options.only]
    if not findings:
        raise ProjectError(f"{project.path.name} has no such findings.", "Note a finding first, or leave out filters.")
    return findings
