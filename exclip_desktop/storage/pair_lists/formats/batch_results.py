"""The folder of a finished batch: the pairs of its index, with the pictures where the batch read them."""

from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError, OutputError
from exclip_desktop.storage.batches.batch_folder import HEADER, INDEX, check_sum, read_header
from exclip_desktop.storage.pair_lists.formats.jsonl import read_objects
from exclip_desktop.storage.pair_lists.list_format import ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource


def read_batch(source: ListSource) -> PairReader:
    """Read the pairs of a batch; relative paths start where those of its list did.

    Raises:
        ListError: the batch is not finished, damaged, or of another version.

    """
    try:
        header = read_header(source.path)
        if not source.has(INDEX):
            raise ListError(f"The batch in {source.path} is not finished.", "Run it again to go on.")
        check_sum(source.path, INDEX, header)
    except OutputError as error:
        raise ListError(error.message, error.hint) from error
    pictures = source.pictures or (Path(header.folder) if header.folder else source.path.parent)
    return PairReader(pictures, read_objects(ListSource(source.path / INDEX)).entries)


FORMAT: Final = ListFormat(
    name="batch", recognises=lambda source: source.content == "folder" and source.has(HEADER), read=read_batch
)
