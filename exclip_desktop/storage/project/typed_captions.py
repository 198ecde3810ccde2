"""Captions that a person typed for pairs without one: rows of a project's settings, which leave the pairs as they are.

The key of such a pair is its id in a project's own list, and the absolute path of its picture elsewhere.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import msgspec

from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.storage.finding_columns import Text
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.records import check_lengths

PREFIX: Final = "caption "
"""The name of the setting is this and the key."""


def save_typed_caption(project: Project, key: str, caption: str) -> None:
    """Save the caption of a pair; an empty one is removed."""
    check_lengths("The pair", (key, caption))
    with project.transaction() as connection:
        if caption:
            values = PREFIX + key, json.dumps(caption, ensure_ascii=False)
            connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", values)
        else:
            connection.execute("DELETE FROM setting WHERE name = ?", (PREFIX + key,))


def load_typed_captions(project: Project) -> dict[str, str]:
    """Return all typed captions by the keys of their pairs; damaged ones are left out, and noted."""
    captions: dict[str, str] = {}
    query = "SELECT name, value FROM setting WHERE substr(name, 1, ?) = ?"
    for name, text in project.records("setting", tuple[Text, str], query, (len(PREFIX), PREFIX)):
        key = name[len(PREFIX) :]
        try:
            captions[key] = msgspec.json.decode(text, type=Text)
        except (msgspec.MsgspecError, UnicodeError):
            what = "the caption that was typed for it cannot be read; it is not shown."
            project.left_out.add("pair", key, what, "typed caption")
    return captions


def put_typed_captions(pairs: Iterable[ListedPair], captions: Mapping[str, str]) -> tuple[ListedPair, ...]:
    """Return the pairs of a project's list with the captions that were typed for those without one."""
    if not captions:
        return tuple(pairs)
    return tuple(
        pair if pair.caption or pair.id not in captions else replace(pair, caption=captions[pair.id]) for pair in pairs
    )
