"""Pictures that are large or hostile: read in bands, refused before they fill the memory, never counted for long."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from exclip_desktop.core.errors import PictureError
from exclip_desktop.storage import picture_decoding
from exclip_desktop.storage.archives import open_input
from exclip_desktop.storage.pictures import picture_sha256, read_picture, read_picture_size, read_thumbnail
from tests.hostile.inputs.pictures import make_frames, make_pages


def noise(mode: str) -> Image.Image:
    """Return a random picture in a mode of Pillow."""
    rng = np.random.default_rng(2)
    if mode == "F":
        return Image.fromarray(
            np.where(rng.random((30, 50)) < 0.1, np.nan, rng.random((30, 50)) * 3).astype(np.float32)
        )
    if mode.startswith("I"):
        return Image.fromarray(rng.integers(0, 60_000, (30, 50)).astype(np.int32 if mode == "I" else np.uint16))
    whole = Image.fromarray(rng.integers(0, 255, (30, 50, 4)).astype(np.uint8))
    if mode == "P":
        made = whole.convert("RGB").quantize(16)
        made.info["transparency"] = 3
        return made
    return whole.convert("RGB").convert("LAB") if mode == "LAB" else whole.convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_bands_give_the_pixels_of_the_whole(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_picture(noise(mode))
    monkeypatch.setattr(picture_decoding, "BAND_PIXELS", 50 * 7)
    banded = read_picture(noise(mode))
    np.testing.assert_array_equal(banded.pixels, whole.pixels)
    assert banded.notes == whole.notes


@pytest.mark.parametrize("orientation", range(1, 9))
def test_bands_are_turned_as_the_whole(orientation: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    noise("RGBA").save(tmp_path / "a.png", exif=exif)
    monkeypatch.setattr(picture_decoding, "BAND_PIXELS", 50 * 7)
    with Image.open(tmp_path / "a.png") as image:
        upright = ImageOps.exif_transpose(image)
        expected = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
    pixels = read_picture(tmp_path / "a.png").pixels
    np.testing.assert_array_equal(pixels, np.asarray(expected))
    assert pixels.flags.c_contiguous
    assert read_picture_size(tmp_path / "a.png") == (pixels.shape[1], pixels.shape[0])


def test_a_picture_larger_than_the_free_memory_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (4000, 4000)).save(tmp_path / "a.png")
    monkeypatch.setattr(picture_decoding, "free_of_computer", lambda: 10**8)
    with pytest.raises(PictureError, match=r"a\.png takes about 110 MB of memory, and 100 MB is free"):
        read_picture(tmp_path / "a.png")
    assert read_thumbnail(tmp_path / "a.png", 64) is None


def test_an_icon_is_not_decoded_on_opening_where_it_holds_a_large_picture(tmp_path: Path) -> None:
    for inner in (
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", 30_000, 30_000),
        struct.pack("<Iii", 40, 9, -(2**31)),
    ):
        head = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(inner), 22)
        (tmp_path / "a.ico").write_bytes(head + inner)
        with pytest.raises(PictureError, match=r"icon of .* pixels"):
            read_picture(tmp_path / "a.ico")
    Image.new("RGB", (64, 64)).save(tmp_path / "b.ico")
    assert read_picture(tmp_path / "b.ico").pixels.shape == (64, 64, 3)


@pytest.mark.parametrize(("count", "said"), [(499, "499"), (500, "many")])
def test_pages_are_counted_up_to_a_limit(count: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(make_pages(count))
    assert read_picture(tmp_path / "a.tif").notes == (f"a.tif has {said} frames; the first is used.",)


def test_frames_are_counted_in_files_of_a_usual_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.gif").write_bytes(make_frames(20))
    assert read_picture(tmp_path / "a.gif").notes == ("a.gif has 20 frames; the first is used.",)
    monkeypatch.setattr(picture_decoding, "COUNTED_GIF_BYTES", 100)
    assert read_picture(tmp_path / "a.gif").notes == ("a.gif has many frames; the first is used.",)


def test_what_is_no_regular_file_is_refused_by_name() -> None:
    for read in (read_picture, read_picture_size):
        with pytest.raises(PictureError, match="/dev/zero is a device"):
            read(Path("/dev/zero"))
    assert read_thumbnail(Path("/dev/zero"), 64) is None
    assert picture_sha256(Path("/dev/zero")) == ""
    with pytest.raises(OSError, match="not a regular file"):
        open_input(Path("/dev/zero"))
