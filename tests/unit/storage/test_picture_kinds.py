"""Pictures as people have them, ``tests/cases``: turned once, damaged ones refused, deep values read by content."""

import io
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from exclip_desktop.core.errors import PictureError
from exclip_desktop.storage.pictures import read_picture, read_picture_size, read_thumbnail

CASES = Path(__file__).parents[2] / "cases"
TURNED = sorted((CASES / "tiff-orientation").glob("orientation_*"))


@pytest.mark.parametrize("path", TURNED, ids=lambda path: path.name)
def test_a_picture_is_turned_once_whoever_turns(path: Path) -> None:
    upright = read_picture(CASES / "tiff-orientation/upright.png").pixels
    pixels = read_picture(path).pixels
    assert pixels.shape == (100, 150, 3)
    assert read_picture_size(path) == (150, 100)
    limit = 0 if path.suffix in (".png", ".tif") else 12  # the others lose a little
    assert np.abs(pixels.astype(int) - upright).mean() <= limit
    thumbnail = read_thumbnail(path, 64)
    assert thumbnail is not None
    assert thumbnail.shape == (43, 64, 3)
    assert thumbnail[1, 1, 0] > 180 > 80 > thumbnail[1, 1, 2]


@pytest.mark.parametrize("name", ["broken_in_the_middle.png", "broken_at_the_start.png"])
def test_damaged_data_is_refused(name: str) -> None:
    with pytest.raises(PictureError, match="damaged or cut short"):
        read_picture(CASES / "png-broken-data" / name)
    assert read_thumbnail(CASES / "png-broken-data" / name, 64) is None
    assert read_picture(CASES / "png-broken-data/sound.png").pixels.shape == (60, 90, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"])
def test_a_picture_cut_short_is_refused_in_every_format(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 90, 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(noise).save(data, kind)
    path = tmp_path / f"short.{kind.lower()}"
    path.write_bytes(data.getvalue()[: len(data.getvalue()) * 2 // 3])
    with pytest.raises(PictureError, match="damaged or cut short"):
        read_picture(path)


@pytest.mark.parametrize(
    ("values", "expected", "note"),
    [
        (np.array([[0, 65535]], np.uint16), [0, 255], ""),
        (np.array([[0, 4095]], np.uint16), [0, 255], "they are read as 12 bits"),
        (np.array([[0, 255]], np.uint16), [0, 255], "they are read as 8 bits"),
        (np.array([[0, 65535]], np.int32), [0, 255], ""),
        (np.array([[-5, 1_000_000]], np.int32), [0, 255], "the lowest is black"),
        (np.array([[0, 1]], np.float32), [0, 255], ""),
        (np.array([[0.25, 0.5]], np.float32), [64, 128], ""),
        (np.array([[0, 255]], np.float32), [0, 255], "they are read as 8 bits"),
        (np.array([[-1, 1]], np.float32), [0, 255], "the lowest is black"),
        (np.array([[7, 7]], np.float32) * 1e6, [0, 0], "the lowest is black"),
        (np.array([[np.nan, 1]], np.float32), [255, 255], "1 pixel without a number"),
        (np.array([[np.nan, np.nan]], np.float32), [0, 0], "2 pixels without a number"),
        (np.array([[np.inf, 0.5]], np.float32), [128, 128], "1 pixel without a number"),
    ],
)
def test_deep_values_are_read_by_what_they_are(
    tmp_path: Path, values: np.ndarray, expected: list[int], note: str
) -> None:
    Image.fromarray(values).save(tmp_path / "deep.tif")
    picture = read_picture(tmp_path / "deep.tif")
    assert picture.pixels[0, :, 0].tolist() == expected
    assert len(picture.notes) == bool(note)
    assert note in " ".join(picture.notes)


def test_sound_files_with_large_texts_and_profiles_are_read(tmp_path: Path) -> None:
    facts = PngImagePlugin.PngInfo()
    facts.add_text("log", "x" * (3 << 20), zip=True)
    Image.new("RGB", (20, 10), "red").save(tmp_path / "a.png", pnginfo=facts, icc_profile=b"p" * (3 << 20))
    assert read_picture(tmp_path / "a.png").pixels.shape == (10, 20, 3)
    assert PngImagePlugin.MAX_TEXT_CHUNK == 1 << 20  # Pillow's own limit is back


def test_limits_come_back_after_reading_in_many_threads(tmp_path: Path) -> None:
    Image.new("RGB", (200, 100), "red").save(tmp_path / "a.png")
    before = Image.MAX_IMAGE_PIXELS
    threads = [threading.Thread(target=read_picture, args=(tmp_path / "a.png",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert before == Image.MAX_IMAGE_PIXELS is not None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\x0a" + b"\0" * 40, "a JPEG XL file"),
        (b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", "a JPEG XL file"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "an EPS file"),
        (b"<!DOCTYPE html><html>403", "a web page, not a picture"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not a picture"),
        (b"8BPS\0\1" + b"\0" * 40, "a Photoshop file"),
        (b"%PDF-1.7", "a PDF file"),
    ],
)
def test_pictures_of_other_kinds_are_refused_by_name(tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "x.jpg").write_bytes(data)
    with pytest.raises(PictureError, match=f"x.jpg is {expected}"):
        read_picture(tmp_path / "x.jpg")


def test_a_picture_that_is_a_program_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a program was started"))
    monkeypatch.setattr(subprocess, "check_call", lambda *_, **__: pytest.fail("a program was started"))
    text = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(x) run\n%%EOF\n"
    (tmp_path / "x.jpg").write_text(text)
    with pytest.raises(PictureError, match="EPS"):
        read_picture(tmp_path / "x.jpg")
    assert read_thumbnail(tmp_path / "x.jpg", 64) is None


def test_heic_pictures_are_read_where_pillow_heif_is_installed(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.new("RGB", (64, 48), (200, 30, 30))).save(tmp_path / "x.heic")
    pixels = read_picture(tmp_path / "x.heic").pixels
    assert pixels.shape == (48, 64, 3)
    assert np.abs(pixels[20, 20].astype(int) - (200, 30, 30)).max() < 8
