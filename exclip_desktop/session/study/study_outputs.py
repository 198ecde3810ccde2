"""Exports a study: its table as text, or its curves, drawn in a separate process."""

from pathlib import Path

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.study import Study
from exclip_desktop.session.processes import call_apart
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import format_for
from exclip_desktop.storage.exports.study_tables import STUDY_FORMATS


def write_study(study: Study, path: Path, cancel: CancelToken) -> Path:
    """Write the table or the curves in the format of ``STUDY_FORMATS`` that the ending names; return the path.

    Raises:
        OutputError: the ending is none of theirs, or the file cannot be written.
        Cancelled: the person cancelled.

    """
    write_text = format_for(path, STUDY_FORMATS).write_text
    if write_text is not None:
        data = write_text(study).encode("utf-8")
    else:
        data = call_apart("exclip_desktop.render.figure_study:study_bytes", (study, path.suffix.lower()), cancel)
    write_atomically(path, lambda file: file.write(data))
    return path
