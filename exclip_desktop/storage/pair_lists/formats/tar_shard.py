"""A shard of a web data set: a tar archive whose members of one name are a picture, its caption and its facts."""

import gzip
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.json_documents import decode_json
from exclip_desktop.core.inputs.regular_files import CAPTION_FILE, LIST_LINE, InputKind
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.archives import list_members, open_input
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder, is_picture_name
from exclip_desktop.storage.pair_lists.side_captions import CAPTION_ENDINGS, split_captions

GZIP: Final = ".gz"


def read_shard(source: ListSource) -> PairReader:
    """Read the pictures of a tar archive, in its order; they stay in the archive.

    Raises:
        ListError: the archive is damaged.

    """
    members = list_members(source.path)
    return PairReader(source.path.parent, _entries(source.path, list(members)), places=None)


def _entries(archive: Path, members: list[str]) -> Iterator[Entry]:
    samples: dict[str, list[str]] = {}
    for member in members:
        folder, slash, name = member.rpartition("/")
        key = name.partition(".")[0]  # as web data sets have it: the name up to its first dot
        if key:  # a name that starts with a dot is no sample's
            samples.setdefault(f"{folder}{slash}{key}", []).append(member)
    finder = PictureFinder(archive.parent)
    for key, files in samples.items():
        pictures = [member for member in files if is_picture_name(member)]
        place = f"{archive.name}, {key}"
        if not pictures:
            yield ListNote(place, "there is no picture of this name; left out.", "no picture")
            continue
        if len(pictures) > 1:
            yield ListNote(place, f"it has {len(pictures)} pictures; the first is read.", "several pictures")
        try:
            record = _read_record(archive, files)
        except (OSError, EOFError, ValueError, ListError) as error:
            reason = "is not UTF-8 text" if isinstance(error, UnicodeError) else "cannot be read"
            reason = f"cannot be read: {error.message.rstrip('.')}" if isinstance(error, ListError) else reason
            yield ListNote(place, f"its caption or facts {reason}; left out.", "caption")
            continue
        known = {"picture": f"{archive.name}/{pictures[0]}", "id": PurePosixPath(key).name}
        yield from read_object(record, place, key, finder.size_of, **known)


def _read_record(archive: Path, files: list[str]) -> dict[str, Any]:
    """Return the record of a sample: its facts (.json), class (.cls) and captions, also where they are compressed."""
    by_ending: dict[str, str] = {}
    for member in files:
        by_ending.setdefault(PurePosixPath(member.lower().removesuffix(GZIP)).suffix, member)
    record: dict[str, Any] = {}
    if ".json" in by_ending:
        content = decode_json(_read(archive, by_ending[".json"], LIST_LINE))
        record = content if isinstance(content, dict) else {"captions": content}
    if ".cls" in by_ending and "label" not in record:
        record = {**record, "label": _read(archive, by_ending[".cls"], CAPTION_FILE).decode("utf-8-sig").strip()}
    caption = next((by_ending[ending] for ending in CAPTION_ENDINGS if ending in by_ending), None)
    if caption is not None:
        record = {**record, "captions": split_captions(_read(archive, caption, CAPTION_FILE).decode("utf-8-sig"))}
    return record


def _read(archive: Path, member: str, kind: InputKind) -> bytes:
    with open_input(archive / member) as file:
        if member.lower().endswith(GZIP):
            with gzip.GzipFile(fileobj=file) as inner:
                data = inner.read(kind.most_bytes + 1)
        else:
            data = file.read(kind.most_bytes + 1)
    if len(data) > kind.most_bytes:
        raise kind.too_large(PurePosixPath(member).name, ListError)
    return data


FORMAT: Final = ListFormat(
    name="tar-shard", recognises=lambda source: source.content == "tar", read=read_shard, endings=(".tar",)
)
