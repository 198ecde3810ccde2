"""What opening a long list costs: 100,000 pairs, every tenth with boxes; the aim is 2 s."""

from pathlib import Path
from typing import Any

import pytest

from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_files import read_pairs, write_pairs

PAIRS = 100_000


def long_list(folder: Path) -> PairList:
    """Return a list of ``PAIRS`` pairs, two captions a picture."""
    boxes = (Region((10, 20, 200.5, 300), name="a dog"), Region((0, 0, 640, 480), name="the grass"))
    pairs = (
        ListedPair(
            str(at),
            f"pictures/{at // 2:06d}.jpg",
            f"a photo of dog {at} and a cat, on the grass, at night",
            regions=boxes if at % 20 < 2 else (),
        )
        for at in range(PAIRS)
    )
    return PairList(folder, folder, tuple(pairs))


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
def test_reading_a_long_list(benchmark: Any, tmp_path: Path, ending: str) -> None:
    listed = long_list(tmp_path)
    write_pairs(listed, tmp_path / f"x{ending}")
    found = benchmark.pedantic(read_pairs, (tmp_path / f"x{ending}",), rounds=3)
    assert found.pairs == listed.pairs


def test_reading_a_large_folder(benchmark: Any, tmp_path: Path) -> None:
    for at in range(10_000):
        (tmp_path / f"{at}.jpg").touch()
        (tmp_path / f"{at}.txt").write_text("a dog\na cat\n")
    assert len(benchmark.pedantic(read_pairs, (tmp_path,), rounds=3).pairs) == 20_000


def test_reading_flickr30k(benchmark: Any, tmp_path: Path) -> None:
    """3,000 pictures of the 31,783, five captions each."""
    for name in ("Sentences", "Annotations"):
        (tmp_path / name).mkdir()
    line = "[/EN#1/people A group of friends] playing [/EN#2/other cards] at [/EN#0/notvisual night] .\n"
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>300</xmax><ymax>200</ymax></bndbox>"
    things = "".join(f"<object><name>{at % 3}</name>{box}</object>" for at in range(8))
    for at in range(3000):
        (tmp_path / f"Sentences/{at}.txt").write_text(line * 5)
        (tmp_path / f"Annotations/{at}.xml").write_text(f"<annotation>{things}</annotation>")
    assert len(benchmark.pedantic(read_pairs, (tmp_path,), rounds=3).pairs) == 15_000
