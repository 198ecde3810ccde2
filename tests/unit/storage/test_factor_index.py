"""A factor index answers as the shards do, follows them, and never uses what is damaged, older or another model's."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from exclip_desktop.core.errors import Cancelled, OutputError
from exclip_desktop.core.maths.factor_search import Products, SearchQuery, multiply_query
from exclip_desktop.core.maths.search_ranking import RANKINGS, Ranking, rank_pictures
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.storage.batches.batch_index import Batch
from exclip_desktop.storage.batches.shard_files import ShardEntry, write_shard
from exclip_desktop.storage.factor_index import index_builder, index_search
from exclip_desktop.storage.factor_index.index_builder import NOT_EXPLAINED, open_factor_index
from exclip_desktop.storage.factor_index.index_search import BatchSearch, IndexAnswer, search_index
from exclip_desktop.storage.factor_index.segment_files import DamagedIndex, read_segment
from tests.stored_batches import random_entry, shard_file, write_batch, write_header, write_pictures

SIZE = 8
COUNT = 70  # five shards of 16


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two shards a segment, so that a small batch has three."""
    monkeypatch.setattr(index_builder, "SEGMENT_SHARDS", 2)


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """A batch of ``COUNT`` pictures of two grids."""
    return write_batch(tmp_path / "batch", COUNT, size=SIZE)


def make_query(seed: int = 1) -> SearchQuery:
    vector, embedding = np.random.default_rng(seed + 1000).normal(size=(2, SIZE))
    return SearchQuery(vector, embedding)


def direct_products(batch: Batch, query: SearchQuery) -> dict[int, Products]:
    """Return the products of the factors in the shards, by place."""
    fresh, found = Batch(batch.folder), {}
    for place in range(fresh.counts["pictures"]):
        entry = fresh.entry("pictures", place)
        if entry is not None and entry.factor is not None:
            grid = tuple(entry.values["geometry"][2])
            found[place] = multiply_query(entry.factor, entry.values["prefix"], grid, query)
    return found


def assert_exact(answer: IndexAnswer, batch: Batch, query: SearchQuery, atol: float = 1e-5) -> None:
    """Assert that all heat and numbers are those of the shards."""
    direct = direct_products(batch, query)
    assert {hit.place for hit in answer.hits} == set(direct)
    assert answer.pictures == answer.heated == len(direct)
    places = list(direct)
    ranked = {places[one.place]: one for one in rank_pictures(list(direct.values()))}
    for hit in answer.hits:
        np.testing.assert_allclose(hit.heat, direct[hit.place].heat, atol=atol)
        for name in ("sum", "score", "direction"):
            assert hit.ranked.numbers[name] == pytest.approx(ranked[hit.place].numbers[name], abs=atol)


@pytest.mark.parametrize("ranking", list(RANKINGS))
def test_an_index_answers_as_the_shards_do(batch: Batch, ranking: Ranking) -> None:
    query = make_query()
    answer = BatchSearch(batch).search(query, ranking)
    assert_exact(answer, batch, query)
    expected = rank_pictures(list(direct_products(batch, query).values()), ranking)
    assert [hit.place for hit in answer.hits] == [one.place for one in expected]
    assert all((hit.ranked.region == one.region).all() for hit, one in zip(answer.hits, expected, strict=True))
    for hit in answer.hits[:5]:
        entry = batch.entry("pictures", hit.place)
        assert entry is not None
        assert list(hit.geometry.grid) == entry.values["geometry"][2]
        assert (hit.prefix, hit.key) == (1, entry.values["key"])
    best = BatchSearch(batch).search(query, ranking, top=3).hits
    assert [hit.place for hit in best] == [hit.place for hit in answer.hits[:3]]


def test_float16_rows_keep_the_stated_bound_and_the_choice_is_recorded(batch: Batch) -> None:
    query = make_query()
    answer = BatchSearch(batch, "float16").search(query)
    direct = direct_products(batch, query)
    scale = np.linalg.norm(query.vector) / np.linalg.norm(query.embedding)
    for hit in answer.hits:
        error = np.abs(hit.heat - direct[hit.place].heat)
        assert (error <= 2**-11 * direct[hit.place].lengths * scale + 1e-6).all()
        assert hit.ranked.numbers["sum"] == pytest.approx(direct[hit.place].sum, abs=1e-5)  # sums are float32
    segment = read_segment(batch.folder / "search", 0)
    assert segment is not None
    assert segment[0].rows == "float16"
    before = stamps(batch)
    BatchSearch(batch).search(query)  # takes the rows that are there
    assert stamps(batch) == before
    assert_exact(BatchSearch(batch, "float32").search(query), batch, query)
    assert stamps(batch) != before


def stamps(batch: Batch) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (batch.folder / "search").iterdir()}


def test_only_what_changed_is_written_again(batch: Batch) -> None:
    searched = BatchSearch(batch)
    searched.search(make_query())
    before = stamps(batch)
    rewrite(batch, 4, {64 + at: random_entry(200 + at) for at in range(6)})
    assert_exact(searched.search(make_query()), batch, make_query())
    changed = {name for name, time in stamps(batch).items() if before[name] != time}
    assert changed == {"00002.rows.npy", "00002.sums.npy", "00002.safetensors"}


def rewrite(batch: Batch, number: int, entries: dict[int, ShardEntry]) -> None:
    places = range(number * 16, min(COUNT, number * 16 + 16))
    write_shard(batch.folder, "pictures", number, [entries.get(place) for place in places], batch.decided)


def test_pictures_that_are_explained_later_are_added_and_missing_ones_are_named(tmp_path: Path) -> None:
    batch = write_header(tmp_path / "batch", COUNT)
    entries = {at: random_entry(at) for at in range(COUNT)}
    write_pictures(batch, {at: entry for at, entry in entries.items() if at < 20})
    shard_file(batch, 3).unlink()
    searched = BatchSearch(batch)
    answer = searched.search(make_query())
    assert_exact(answer, batch, make_query())
    assert answer.failed == dict.fromkeys(range(20, COUNT), NOT_EXPLAINED)
    entries[30] = ShardEntry({}, None, "The picture is damaged.")
    write_pictures(batch, entries)
    answer = searched.search(make_query())
    assert_exact(answer, batch, make_query())
    assert answer.failed == {30: "The picture is damaged."}


def test_a_deleted_and_a_damaged_shard_have_no_hits(batch: Batch) -> None:
    searched = BatchSearch(batch)
    searched.search(make_query())
    shard_file(batch, 1).unlink()
    damage(shard_file(batch, 2), -40)
    answer = searched.search(make_query())
    assert_exact(answer, batch, make_query())
    assert answer.failed == dict.fromkeys(range(16, 48), NOT_EXPLAINED)


def test_another_models_batch_in_the_same_folder_is_indexed_anew(batch: Batch) -> None:
    BatchSearch(batch).search(make_query())
    index = {path.name: path.read_bytes() for path in (batch.folder / "search").iterdir()}
    for path in batch.folder.glob("*/*"):
        path.unlink()
    (batch.folder / "batch.json").unlink()
    other = write_header(batch.folder, COUNT, "another model")
    write_pictures(other, {at: random_entry(500 + at) for at in range(COUNT)})
    for name, data in index.items():
        (batch.folder / "search" / name).write_bytes(data)
    for number in range(5):  # even with the same times of change
        os.utime(shard_file(other, number), ns=(0, 0))
    assert_exact(BatchSearch(other).search(make_query()), other, make_query())


def damage(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x55
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def swap(path: Path) -> None:
    """Put another segment's file there, which is whole."""
    path.write_bytes(path.with_name(path.name.replace("00001", "00000")).read_bytes())


@pytest.mark.parametrize("name", ["00001.rows.npy", "00001.sums.npy", "00001.safetensors"])
@pytest.mark.parametrize(
    "harm",
    [
        lambda path: damage(path, -4),
        lambda path: damage(path, 3),
        lambda path: damage(path, 300),
        truncate,
        swap,
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\x80\x04\x95pickle"),
    ],
    ids=["end", "start", "middle", "truncated", "another", "deleted", "empty", "pickle"],
)
def test_a_damaged_file_is_written_again(batch: Batch, name: str, harm: Callable[[Path], object]) -> None:
    BatchSearch(batch).search(make_query())
    path = batch.folder / "search" / name
    whole = path.read_bytes()
    harm(path)
    assert_exact(BatchSearch(batch).search(make_query()), batch, make_query())
    if not name.endswith("safetensors"):
        assert path.read_bytes() == whole


def test_random_damage_is_never_used(batch: Batch) -> None:
    BatchSearch(batch).search(make_query())
    chance = random.Random(3)
    for _ in range(60):
        path = chance.choice(sorted((batch.folder / "search").iterdir()))
        damage(path, chance.randrange(path.stat().st_size))
        assert_exact(BatchSearch(batch).search(make_query()), batch, make_query())


def test_damage_after_the_first_query_cannot_be_written_in_a_folder_that_is_read_only(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = open_factor_index(batch)
    damage(batch.folder / "search" / "00000.rows.npy", -4)
    with pytest.raises(DamagedIndex, match="damaged"):
        search_index(index, make_query())

    def refuse(*_: object, **__: object) -> None:
        raise OutputError("It cannot be written.", "")

    monkeypatch.setattr(index_builder, "write_segment", refuse)
    with pytest.raises(OutputError, match="cannot be written"):
        BatchSearch(batch).search(make_query())


def test_a_builder_that_is_stopped_continues_and_leaves_nothing_wrong(batch: Batch) -> None:
    token, reports = CancelToken(), []

    def stop(report: Report) -> None:
        reports.append(report)
        if report.done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        open_factor_index(batch, progress=stop, cancel=token)
    assert [(one.done, one.total) for one in reports] == [(1, 5), (2, 5), (3, 5)]
    before = stamps(batch)
    assert set(before) == {"00000.rows.npy", "00000.sums.npy", "00000.safetensors"}
    assert_exact(BatchSearch(batch).search(make_query()), batch, make_query())
    assert before.items() <= stamps(batch).items()


@pytest.mark.parametrize("written", [1, 2])
def test_a_builder_that_is_killed_between_files_leaves_nothing_wrong(batch: Batch, written: int) -> None:
    """The rows and sums of a later state stand beside the description of an earlier one."""
    BatchSearch(batch).search(make_query())
    earlier = {path.name: path.read_bytes() for path in (batch.folder / "search").iterdir()}
    rewrite(batch, 0, {at: random_entry(300 + at, (4, 3) if at % 5 == 4 else (3, 4)) for at in range(16)})
    BatchSearch(batch).search(make_query())
    for name in ["00000.safetensors", "00000.sums.npy"][: 3 - written]:
        (batch.folder / "search" / name).write_bytes(earlier[name])
    assert_exact(BatchSearch(batch).search(make_query()), batch, make_query())


def test_entries_that_do_not_fit_are_reported(tmp_path: Path) -> None:
    batch = write_header(tmp_path / "batch", 8)
    entries = {at: random_entry(at) for at in range(8)}
    entries[1].values["geometry"] = ((40, 30), (0.0, 0.0, 40.0, 30.0), (30, 40))  # type: ignore[index]
    entries[2].values["prefix"] = -1  # type: ignore[index]
    entries[3].values["geometry"] = "wide"  # type: ignore[index]
    entries[4].values["key"] = "../../x"  # type: ignore[index]
    entries[5] = random_entry(5, size=9)
    entries[6].factor.rows[3, 3] = np.nan  # type: ignore[union-attr]
    write_pictures(batch, entries)
    answer = BatchSearch(batch).search(make_query())
    assert {hit.place for hit in answer.hits} == {0, 7}
    assert set(answer.failed) == {1, 2, 3, 4, 5, 6}
    assert all(reason.startswith("Its factor does not fit") for reason in answer.failed.values())


def test_long_lists_take_a_shortcut_that_finds_the_best_sums(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    query, full = make_query(), BatchSearch(batch).search(make_query(), "sum")
    for name, value in (("SHORTCUT_ABOVE", 50), ("CANDIDATES", 30), ("SAMPLE", 20)):
        monkeypatch.setattr(index_search, name, value)
    answer = BatchSearch(batch).search(query, "sum")
    assert (answer.pictures, answer.heated, len(answer.hits)) == (COUNT, 30, 30)
    assert [hit.place for hit in answer.hits] == [hit.place for hit in full.hits[:30]]
    for hit, other in zip(answer.hits, full.hits, strict=False):
        np.testing.assert_array_equal(hit.heat, other.heat)
    score = BatchSearch(batch).search(query, "score", top=5)
    expected = BatchSearch(batch).search(query, "score", top=5, exact=True)
    assert [hit.place for hit in score.hits] == [hit.place for hit in expected.hits]
    assert expected.heated == COUNT
    assert BatchSearch(batch).search(query, "direction").heated == COUNT  # sums do not predict it
    values = [hit.ranked.value for hit in BatchSearch(batch).search(query).hits]
    assert values == sorted(values, reverse=True)


def test_an_empty_batch_has_no_hits(tmp_path: Path) -> None:
    answer = BatchSearch(write_header(tmp_path / "batch", 0)).search(make_query())
    assert (answer.hits, answer.pictures) == ((), 0)
    none = write_header(tmp_path / "none", 5)
    assert BatchSearch(none).search(make_query()).hits == ()


def test_a_search_reports_its_progress_and_can_be_cancelled(batch: Batch) -> None:
    index, reports, token = open_factor_index(batch), [], CancelToken()
    search_index(index, make_query(), progress=reports.append)
    assert [(one.what, one.done, one.total) for one in reports] == [
        ("pictures", 32, COUNT),
        ("pictures", 64, COUNT),
        ("pictures", COUNT, COUNT),
    ]
    token.cancel()
    with pytest.raises(Cancelled):
        search_index(index, make_query(), cancel=token)
