"""A shard of a web data set: a tar archive whose members of one name are a picture, its caption and its facts."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.archives import list_members, open_input
from exclip_desktop.storage.pair_lists.formats.folder import PICTURES
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder
from exclip_desktop.storage.pair_lists.side_captions import CAPTION_ENDINGS, split_captions


def read_shard(source: ListSource) -> PairReader:
    """Read the pictures of a tar archive, in its order; they stay in the archive.

    Raises:
        ListError: the archive is damaged.

    """
    members = list_members(source.path)
    return PairReader(source.path.parent, _entries(source.path, list(members)), places=None)


def _entries(archive: Path, members: list[str]) -> Iterator[Entry]:
    samples: dict[str, dict[str, str]] = {}  # key → ending → member
    for member in members:
        name = PurePosixPath(member).name
        key, _, ending = name.partition(".")
        samples.setdefault(str(PurePosixPath(member).with_name(key)), {})[f".{ending.lower()}"] = member
    finder = PictureFinder(archive.parent)
    for key, files in samples.items():
        picture = next((member for ending, member in files.items() if ending in PICTURES), None)
        if picture is None:
            yield ListNote(f"{archive.name}, {key}", "there is no picture of this name; left out.", "no picture")
            continue
        try:
            record = _read_record(archive, files)
        except (OSError, UnicodeError, ValueError, RecursionError) as error:
            yield ListNote(f"{archive.name}, {key}", f"its caption cannot be read ({error}); left out.", "caption")
            continue
        path = f"{archive.name}/{picture}"
        yield from read_object(record, f"{archive.name}, {key}", key, finder.size_of, picture=path, id=key)


def _read_record(archive: Path, files: dict[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    if ".json" in files:
        content = json.loads(_read(archive, files[".json"]))
        record = content if isinstance(content, dict) else {"captions": content}
    caption = next((files[ending] for ending in CAPTION_ENDINGS if ending in files), None)
    if caption is not None:
        record = {**record, "captions": split_captions(_read(archive, caption).decode("utf-8-sig"))}
    return record


def _read(archive: Path, member: str) -> bytes:
    with open_input(archive / member) as file:
        return file.read()


FORMAT: Final = ListFormat(
    name="tar-shard", recognises=lambda source: source.content == "tar", read=read_shard, endings=(".tar",)
)
