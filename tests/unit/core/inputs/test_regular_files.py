"""Files from outside: only regular ones are opened, and none above its limit."""

import os
import socket
from pathlib import Path

import pytest

from exclip_desktop.core.errors import ListError, UserError
from exclip_desktop.core.inputs.regular_files import CAPTION_FILE, InputKind, open_regular, read_regular

SMALL = InputKind("small file", 10)


def refusal(path: Path) -> UserError:
    with pytest.raises(ListError) as caught:
        open_regular(path, SMALL, ListError)
    assert caught.value.hint
    assert str(path) in caught.value.message
    return caught.value


def test_a_file_within_the_limit_is_read_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file", SMALL, ListError) == b"0123456789"
    assert read_regular(tmp_path / "link", SMALL, ListError) == b"0123456789"


@pytest.mark.timeout(10)
def test_what_is_not_a_regular_file_is_refused_and_nothing_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "a named pipe" in refusal(tmp_path / "pipe").message
        assert f"a link to {tmp_path / 'pipe'}) is a named pipe" in refusal(tmp_path / "link").message
        assert "a socket" in refusal(tmp_path / "socket").message
    assert "a device" in refusal(Path("/dev/zero")).message
    assert "a folder" in refusal(tmp_path).message
    assert "There is no file" in refusal(tmp_path / "missing").message
    assert "cannot be read" in refusal(tmp_path / "loop").message
    assert "cannot be read" in refusal(tmp_path / "nul\0name").message
    assert "cannot be read" in refusal(tmp_path / ("long" * 100)).message


def test_a_limit_is_named_with_the_variable_that_raises_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"0" * 11)
    error = refusal(tmp_path / "file")
    assert "larger than 10 bytes, the limit of a small file" in error.message
    assert "EXCLIP_MAX_SMALL_FILE_MB" in error.hint
    for wrong in ("", "much", "-1", "nan", "inf", "0"):
        monkeypatch.setenv("EXCLIP_MAX_SMALL_FILE_MB", wrong)
        refusal(tmp_path / "file")
    monkeypatch.setenv("EXCLIP_MAX_SMALL_FILE_MB", "0.000011")
    assert read_regular(tmp_path / "file", SMALL, ListError) == b"0" * 11


def test_a_file_that_says_0_bytes_is_bounded_too() -> None:
    status = Path("/proc/self/smaps")
    if not status.exists():
        pytest.skip("needs /proc")
    with pytest.raises(ListError, match="limit of a small file"):
        read_regular(status, SMALL, ListError)


def test_the_limit_of_captions_is_100_kb() -> None:
    assert CAPTION_FILE.most_bytes == 100_000
    assert CAPTION_FILE.variable == "EXCLIP_MAX_CAPTION_FILE_MB"
