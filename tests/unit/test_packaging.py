"""The desktop entry, its description and icon, and the script that installs them."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
ENTRY = PACKAGING / "exclip-desktop.desktop"
ABOUT = PACKAGING / "io.github.exclip_desktop.metainfo.xml"
INSTALLED = (
    "share/applications/exclip-desktop.desktop",
    "share/icons/hicolor/scalable/apps/exclip-desktop.svg",
    "share/metainfo/io.github.exclip_desktop.metainfo.xml",
)
SVG = "{http://www.w3.org/2000/svg}"
on_unix = pytest.mark.skipif(sys.platform == "win32", reason="desktop entries are for Linux")


def entry_of(path: Path) -> dict[str, str]:
    """Return the keys of a desktop entry."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # keys keep their case
    parser.read_string(path.read_text("utf-8"))
    assert parser.sections() == ["Desktop Entry"]
    return dict(parser["Desktop Entry"])


def command_of(exec_value: str) -> str:
    """Return the program that a quoted Exec value starts, read as the desktop entry specification says."""
    as_string = exec_value.replace("\\\\", "\\")
    match = re.fullmatch(r'"((?:[^"\\`$]|\\["\\`$])*)" %f', as_string)
    assert match, exec_value
    return re.sub(r'\\(["\\`$])', r"\1", match[1]).replace("%%", "%")


def run(script: str, *arguments: str, path: str = os.defpath) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": path, "HOME": "/nowhere"},
        cwd=ROOT,
    )


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program in a folder whose name has everything that quoting must survive."""
    folder = tmp_path / """a b 100% $HOME "c" `d` \\e's &"""
    folder.mkdir()
    made = folder / "exclip-desktop"
    made.write_text('#!/bin/sh\necho started "$1"\n')
    made.chmod(0o755)
    return made


def test_the_entry_starts_a_program_that_the_package_installs() -> None:
    entry = entry_of(ENTRY)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    known = {**scripts.get("scripts", {}), **scripts.get("gui-scripts", {})}
    assert entry["Exec"].split() == ["exclip-desktop", "%f"]
    assert "exclip-desktop" in known
    assert entry["Type"] == "Application"
    assert entry["Terminal"] == "false"
    assert entry["Icon"] == ENTRY.stem
    for name in ("Categories", "Keywords", "MimeType"):
        assert entry[name].endswith(";")
    assert {"image/png", "image/jpeg"} <= set(entry["MimeType"].split(";"))


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs desktop-file-validate")
def test_the_entry_is_valid() -> None:
    done = subprocess.run(["desktop-file-validate", str(ENTRY)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_description_belongs_to_the_entry() -> None:
    description, entry = ET.parse(ABOUT).getroot(), entry_of(ENTRY)
    assert description.get("type") == "desktop-application"
    assert ABOUT.name == f"{description.findtext('id')}.metainfo.xml"
    assert description.findtext("launchable[@type='desktop-id']") == ENTRY.name
    assert description.findtext("icon") == entry["Icon"]
    assert description.findtext("name") == entry["Name"]
    assert description.findtext("summary") == entry["Comment"]
    assert description.findtext("project_license") == "MIT"
    assert [part.text for part in description.iterfind("categories/category")] == entry["Categories"].split(";")[:-1]


def test_the_wheel_has_the_vocabulary_and_its_licence() -> None:
    places = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {
        "exclip_desktop/resources/vocabulary/everyday_words.txt",
        "exclip_desktop/resources/vocabulary/LICENSE-WORDNET.txt",
    } <= places
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "resources/vocabulary/LICENSE-WORDNET.txt" in project["license-files"]


@pytest.mark.skipif(shutil.which("appstreamcli") is None, reason="needs appstreamcli")
def test_the_description_is_valid() -> None:
    done = subprocess.run(
        ["appstreamcli", "validate", "--no-net", str(ABOUT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_icon_is_the_windows_own_and_a_square() -> None:
    assert (PACKAGING / "icon.svg").read_bytes() == (ROOT / "resources/icons/app.svg").read_bytes()
    drawing = ET.parse(PACKAGING / "icon.svg").getroot()
    assert (drawing.tag, drawing.get("viewBox")) == (f"{SVG}svg", "0 0 128 128")


def test_line_icons_are_one_set_without_colours_of_their_own() -> None:
    icons = [path for path in (ROOT / "resources/icons").glob("*.svg") if path.stem != "app"]
    assert len(icons) > 20
    for path in icons:
        drawing = ET.parse(path).getroot()
        assert (drawing.get("viewBox"), drawing.get("stroke-width")) == ("0 0 24 24", "1.75"), path.name
        colours = {part.get(name) for part in drawing.iter() for name in ("fill", "stroke")}
        assert colours <= {None, "none", "currentColor"}, path.name


@on_unix
def test_installing_makes_an_entry_that_starts_the_program_whatever_its_path(program: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "pre fix"
    done = run("packaging/install.sh", "--prefix", str(prefix), "--command", str(program))
    assert (done.returncode, done.stderr) == (0, "")
    assert files_below(prefix) == set(INSTALLED)
    entry = entry_of(prefix / INSTALLED[0])
    assert command_of(entry["Exec"]) == str(program)
    started = subprocess.run([command_of(entry["Exec"]), "x.png"], capture_output=True, text=True, check=True)
    assert started.stdout == "started x.png\n"
    assert {**entry, "Exec": ""} == {**entry_of(ENTRY), "Exec": ""}
    assert (prefix / INSTALLED[1]).read_bytes() == (PACKAGING / "icon.svg").read_bytes()
    assert (prefix / INSTALLED[2]).read_bytes() == ABOUT.read_bytes()


@on_unix
def test_installing_finds_the_program_on_the_path(program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy(program, folder)
    done = run("packaging/install.sh", "--prefix", str(tmp_path / "to"), path=f"{folder}:{os.defpath}")
    assert done.returncode == 0, done.stderr
    assert command_of(entry_of(tmp_path / "to" / INSTALLED[0])["Exec"]) == str(folder / "exclip-desktop")


@on_unix
def test_uninstalling_takes_out_its_own_files_only(program: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "to"
    other = prefix / "share/applications/other.desktop"
    other.parent.mkdir(parents=True)
    other.write_text("[Desktop Entry]\n")
    run("packaging/install.sh", "--prefix", str(prefix), "--command", str(program))
    for _ in range(2):  # the second time there is nothing left to do
        done = run("packaging/install.sh", "--prefix", str(prefix), "--uninstall")
        assert (done.returncode, done.stderr) == (0, "")
        assert {path for path in files_below(prefix) if not path.endswith("mimeinfo.cache")} == {
            "share/applications/other.desktop"
        }


@on_unix
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--command", "/nowhere/exclip-desktop"), "There is no program /nowhere/exclip-desktop"),
        (("--command", "/"), "There is no program /"),
        (("--prefix",), "--prefix needs a value"),
        (("--force",), "There is no option --force"),
    ],
)
def test_a_wrong_installation_is_reported_and_nothing_is_written(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = run("packaging/install.sh", "--prefix", str(tmp_path), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert files_below(tmp_path) == set()
