"""ImageNet-S (Gao et al., TPAMI 2022): pictures of one class each, in folders named by synsets, with masks of it."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from exclip_desktop.core.argument_checks import is_unicode
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import is_dir, is_file, resource_path
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource, unreadable_error

SPLITS: Final = ("validation", "train-semi")
MASKS: Final = "-segmentation"
ENDINGS: Final = (".JPEG", ".jpg", ".jpeg", ".png")
CAPTION: Final = "a photo of a {}"


def is_imagenet_s(source: ListSource) -> bool:
    """Return whether a folder has the pictures of a split and their masks."""
    return any(source.has(split) and source.has(f"{split}{MASKS}") for split in SPLITS)


def read_imagenet_s(source: ListSource) -> PairReader:
    """Read the pictures of ``validation`` with a mask in ``validation-segmentation``, else those of ``train-semi``.

    The caption is "a photo of a …" with the class's name, which is the label; the whole mask belongs to it, except
    pixels marked as ignored.

    Raises:
        ListError: the folder cannot be read, or has no masks.

    """
    path = source.path
    split = next((split for split in SPLITS if is_dir(path / f"{split}{MASKS}")), SPLITS[0])
    try:
        masks = sorted((path / f"{split}{MASKS}").glob("*/*.png"))
    except OSError as error:
        raise unreadable_error(path, error) from error
    if not masks:
        raise ListError(f"There are no masks in {path / f'{split}{MASKS}'}.", "Unpack ImageNet-S's annotations there.")
    return PairReader(source.picture_folder, _entries(path, split, masks))


def _entries(root: Path, split: str, masks: list[Path]) -> Iterator[Entry]:
    for mask in masks:
        synset, place = mask.parent.name, mask.relative_to(root).as_posix()
        candidates = (root / split / synset / f"{mask.stem}{ending}" for ending in ENDINGS)
        picture, name = next((path for path in candidates if is_file(path)), None), imagenet_names().get(synset)
        if picture is None:
            yield ListNote(place, f"its picture is not in {split}/{synset}; left out.")
        elif name is None or not is_unicode(place):
            yield ListNote(place, f"{synset} is not a class of ImageNet; left out.")
        else:
            yield ListedPair(
                id=mask.stem,
                picture=picture.relative_to(root).as_posix(),
                caption=CAPTION.format(name),
                label=name,
                mask=place,
            )


@lru_cache(maxsize=1)
def imagenet_names() -> dict[str, str]:
    """Return the names of ImageNet's thousand classes by synset, those that CLIP's prompts use."""
    names: dict[str, str] = json.loads(resource_path("imagenet_names.json").read_text("utf-8"))
    return names


FORMAT: Final = ListFormat(name="imagenet-s", recognises=is_imagenet_s, read=read_imagenet_s)
