"""Every kind of picture is read right, or refused in one clear line."""

import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from exclip_desktop.core.errors import PictureError
from exclip_desktop.storage.pictures import read_picture

RED = (200, 30, 40)


def block() -> Image.Image:
    """A red picture, 30 wide and 20 high, with a blue top left corner."""
    image = Image.new("RGB", (30, 20), RED)
    image.paste((20, 30, 200), (0, 0, 10, 10))
    return image


def test_rgb_pictures_are_read_unchanged(tmp_path: Path) -> None:
    block().save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(found.pixels, np.asarray(block()))
    assert found.notes == ()


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned 90° clockwise
    block().save(tmp_path / "a.png", exif=exif)
    pixels = read_picture(tmp_path / "a.png").pixels
    assert pixels.shape == (30, 20, 3)
    assert pixels[2, 17, 2] == 200
    assert pixels[2, 2, 0] == 200


@pytest.mark.parametrize("tag", [0x011A, 0x0100])
def test_exif_that_does_not_follow_its_own_rules_turns_the_picture_all_the_same(tmp_path: Path, tag: int) -> None:
    turned = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    text = struct.pack("<HHI4s", tag, 2, 4, b"abc\0")  # where a number belongs
    entries = b"".join(sorted([turned, text]))
    block().save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4))
    assert read_picture(tmp_path / "a.jpg").pixels.shape == (30, 20, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_pillows(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    block().save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").pixels, expected)


def test_paths_that_no_file_can_have_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("x" * 300 + ".png", "~nobody-of-that-name.png", "a\0b.png"):
        with pytest.raises(PictureError, match="There is no picture"):
            read_picture(path)
    monkeypatch.chdir(tmp_path)
    block().save(tmp_path / "~nobody-of-that-name.png")
    assert read_picture("~nobody-of-that-name.png").pixels.shape == (20, 30, 3)


def test_a_file_that_may_not_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block().save(tmp_path / "a.png")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(PictureError, match=r"cannot be read: a\.png"):
        read_picture(tmp_path / "a.png")


def test_cmyk(tmp_path: Path) -> None:
    block().convert("CMYK").save(tmp_path / "a.tif")
    np.testing.assert_allclose(read_picture(tmp_path / "a.tif").pixels[15, 20], RED, atol=3)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 30 * 20).reshape(20, 30).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png").pixels
    assert pixels.shape == (20, 30, 3)
    np.testing.assert_allclose(pixels[..., 0], values / 257, atol=1)


def test_palette_with_transparency_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (8, 8), (*RED, 255))
    image.paste((0, 0, 0, 0), (0, 0, 4, 8))
    image.quantize().save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png").pixels
    np.testing.assert_array_equal(pixels[0, 0], 255)
    np.testing.assert_allclose(pixels[0, 7], RED, atol=2)


def test_the_first_frame_of_an_animation_is_used_with_a_note(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (9, 9), "red"), Image.new("RGB", (9, 9), "blue")
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    found = read_picture(tmp_path / "a.gif")
    np.testing.assert_allclose(found.pixels[4, 4], (255, 0, 0), atol=2)
    assert "first" in found.notes[0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGBA", "YCbCr", "LAB", "HSV", "I", "F"])
def test_other_modes_become_rgb(mode: str) -> None:
    image = Image.new("RGB", (5, 4), RED).convert("L").convert(mode) if mode in "1IF" else block().convert(mode)
    pixels = read_picture(image).pixels
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3


def test_arrays_are_taken_as_rgb() -> None:
    array = np.asarray(block())
    assert read_picture(array).pixels is array
    for wrong in (array[..., 0], array.astype(np.float32), array[:0], np.zeros((4, 4, 4), np.uint8)):
        with pytest.raises(PictureError):
            read_picture(wrong)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not a picture")
    block().save(tmp_path / "whole.png")
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "short.png").write_bytes(data[: len(data) // 2])
    for name in ("missing.png", "empty.png", "text.png", "short.png", "."):
        with pytest.raises(PictureError) as caught:
            read_picture(tmp_path / name)
        assert caught.value.hint
        assert "\n" not in str(caught.value)


def test_large_pictures_are_refused_by_a_limit_that_can_be_raised(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "large.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PictureError, match="200 megapixels"):
            read_picture(tmp_path / "large.png")
        assert read_picture(tmp_path / "large.png", max_megapixels=200).pixels.shape == (10_000, 20_000, 3)
