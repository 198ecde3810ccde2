"""Every schema of lists on random values, mutated lists of every format, and patterns on long lines."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.box_forms import corner_box, points_box
from exclip_desktop.storage.pair_lists.cell_captions import cell_captions
from exclip_desktop.storage.pair_lists.formats.flickr30k import PHRASE
from exclip_desktop.storage.pair_lists.formats.table import SEPARATOR_LINE, TOKEN
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.list_format import read_record
from exclip_desktop.storage.pair_lists.list_source import XML_PROLOGUE
from exclip_desktop.storage.pair_lists.side_captions import YOLO_LINE, fits_side_file
from exclip_desktop.storage.pair_lists.yaml_files import read_yaml
from exclip_desktop.storage.regions import MOST_PX, region_from_value

LONG: int = 420_000
NUMBERS = st.one_of(st.integers(), st.floats(), st.just(10**400), st.just(10**4000), st.booleans())
VALUES = st.recursive(
    st.one_of(st.none(), NUMBERS, st.text(max_size=9), st.binary(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(
            st.sampled_from(["box", "name", "outline", "subtract", "x0", "y0", "x1", "y1", "raw"]), inner, max_size=5
        ),
    ),
    max_leaves=12,
)
RECORDS = st.dictionaries(st.sampled_from(["picture", "caption", "id", "label", "boxes", "mask"]), VALUES)
ANY = settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
LISTS: dict[str, bytes] = {
    "x.csv": b'id,path,caption,boxes\n1,a.png,"a dog, ""big""","[[0, 0, 5, 5, ""dog""]]"\n2,b.png,a cat,\n',
    "x.jsonl": b'{"path": "a.png", "caption": "a dog", "boxes": [[0, 0, 5, 5, "dog"]]}\n{"path": "b.png"}\n',
    "x.json": b'[{"path": "a.png", "caption": ["a dog"], "boxes": [{"box": [0, 0, 5, 5]}]}, {"path": "b.png"}]',
    "captions_x.json": b'{"images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}], "annotations": '
    b'[{"id": 1, "image_id": 1, "caption": "a dog"}, {"id": 2, "image_id": 1, "bbox": [1, 1, 2, 2], "category_id": 1}],'
    b' "categories": [{"id": 1, "name": "dog"}]}',
    "x.xml": b"<annotations><image id='1' name='a.png' width='9' height='9'><box label='dog' xtl='1' ytl='1' xbr='5' "
    b"ybr='5'/></image></annotations>",
    "x.token": b"a.png#0\ta dog\na.png#1\ta cat\n",
}


@ANY
@given(VALUES)
def test_a_region_is_read_or_refused(value: Any) -> None:
    for read in (region_from_value, corner_box, points_box):
        try:
            region = read(value)
        except (ValueError, TypeError):  # the callers of box forms handle both
            continue
        if isinstance(region, Region):
            assert all(-MOST_PX <= edge <= MOST_PX for edge in region.box)
            assert region.box[0] < region.box[2]


@ANY
@given(RECORDS)
def test_a_record_gives_pairs_or_notes(record: dict[str, Any]) -> None:
    for entry in read_record(record, "here", "1"):
        assert str(entry)


@ANY
@given(st.sampled_from(sorted(LISTS)), st.data())
def test_a_mutated_list_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str, data: Any) -> None:
    content = bytearray(LISTS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        stop = at + data.draw(st.integers(0, 9))
        content[at:stop] = data.draw(st.one_of(st.binary(max_size=6), st.sampled_from([b"1" * 400, b"[" * 99, b"\0"])))
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(bytes(content))
    refused: ListError | None = None
    try:
        captions = [pair.caption for pair in read_pairs(path).pairs]
    except ListError as error:
        captions, refused = [], error
    assert refused is None or (refused.message and refused.hint)
    "".join(captions).encode()


@ANY
@given(st.one_of(st.binary(max_size=60), st.text(alphabet="names:[]{}&*! -\n1a", max_size=40)))
def test_a_yaml_file_is_read_or_empty(tmp_path_factory: pytest.TempPathFactory, content: bytes | str) -> None:
    path = tmp_path_factory.getbasetemp() / "data.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert isinstance(read_yaml(path), dict)


@pytest.mark.parametrize(
    "unit", ["1", "1 ", " 11", " ", "\t", "a#1", "#", ".", "[/EN#1/a ", "[/EN#1/", "<!--", "<?", "'a", "\\'"]
)
def test_long_lines_take_linear_time(unit: str) -> None:
    line = unit * (LONG // len(unit)) + "x"
    began = time.process_time()
    for text in (line, f"1{line}", f"[{line}'", f"['{line}"):
        for pattern in (YOLO_LINE, SEPARATOR_LINE):
            pattern.fullmatch(text)
        TOKEN.match(text)
        XML_PROLOGUE.match(text[: 1 << 16])
        PHRASE.sub("", text)
        fits_side_file(text + "\n" + text)
        cell_captions(f"['{text}']")
    assert time.process_time() - began < 5


def test_links_are_followed_once_and_reported(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "own", outside / "deep"):
        folder.mkdir(parents=True)
    for picture in (root / "a.png", root / "own" / "b.png", outside / "c.png", outside / "deep" / "d.png"):
        picture.write_bytes(b"")
    (root / "link.png").symlink_to(outside / "c.png")
    (root / "out").symlink_to(outside)
    (root / "out-again").symlink_to(outside)
    (root / "own-again").symlink_to("own")
    (root / "own" / "up").symlink_to("..")
    (outside / "everything").symlink_to("/")
    os.mkfifo(root / "pipe.png")
    listed = read_pairs(root)
    assert [pair.picture for pair in listed.pairs] == [
        *("a.png", "link.png", "out/c.png", "out/deep/d.png", "own/b.png"),
    ]
    assert {note.place: note.text.partition(";")[0] for note in listed.notes} == {
        "out": "this link leads out of the folder",
        "out-again": "this link leads to a folder that is read already",
        "out/everything": "this link leads to a folder that contains it",
        "own-again": "this link leads to a folder that is read in its own place",
        "own/up": "this link leads to a folder that contains it",
        "pipe.png": "this is a named pipe",
    }
