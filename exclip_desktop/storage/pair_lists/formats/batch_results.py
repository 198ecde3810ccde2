"""The folder of a finished batch: the pairs of its index, with the pictures where the batch read them."""

from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError, OutputError
from exclip_desktop.storage.batches.batch_folder import HEADER, read_header
from exclip_desktop.storage.pair_lists.formats.jsonl import read_objects
from exclip_desktop.storage.pair_lists.list_format import ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource

INDEX: Final = "index.jsonl"


def read_batch(source: ListSource) -> PairReader:
    """Read the pairs of a batch; relative paths start where those of its list did.

    Raises:
        ListError: the batch is not finished, or of another version.

    """
    try:
        header = read_header(source.path)
    except OutputError as error:
        raise ListError(error.message, error.hint) from error
    if not source.has(INDEX):
        raise ListError(f"The batch in {source.path} is not finished.", "Run it again to go on.")
    folder = header.get("folder")
    pictures = source.pictures or (Path(folder) if isinstance(folder, str) else source.path.parent)
    return PairReader(pictures, read_objects(ListSource(source.path / INDEX)).entries)


FORMAT: Final = ListFormat(
    name="batch", recognises=lambda source: source.content == "folder" and source.has(HEADER), read=read_batch
)
