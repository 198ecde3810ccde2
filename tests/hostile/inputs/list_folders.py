"""Hostile folders of pairs and data sets: special files, links in circles, files without end."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from exclip_desktop.storage.pair_lists.list_files import read_pairs
from tests.hostile.inputs.lists import DEEP, HONEST, PNG, READ, REFUSED, SPARSE_BYTES, Write, as_bytes, converts
from tests.hostile.runner import OUT, HostileInput


def _folder(fill: Callable[[Path], object], *more: str) -> Write:
    """Return a function that makes a folder with one good picture and what ``fill`` adds, and converts it."""

    def write(folder: Path) -> list[str]:
        pictures = folder / "pictures"
        pictures.mkdir()
        (pictures / "good.png").write_bytes(PNG)
        (pictures / "good.txt").write_text("a dog")
        fill(pictures)
        return ["convert", "pictures", *(more or (f"{OUT}/out.jsonl",))]

    return write


def _put(name: str, text: str | bytes, *pictures: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(as_bytes(text))
        for picture in pictures:
            (folder / picture).write_bytes(PNG)

    return fill


def _put_sparse(name: str, *pictures: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        _put(name, b"a", *pictures)(folder)
        os.truncate(folder / name, SPARSE_BYTES)

    return fill


def _put_link(name: str, target: str, *pictures: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / name).symlink_to(target)
        for picture in pictures:
            (folder / picture).write_bytes(PNG)

    return fill


def _put_socket(folder: Path) -> None:
    place = os.getcwd()
    os.chdir(folder)  # the path of a socket has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("b.png")
    finally:
        os.chdir(place)


def _put_pipes(folder: Path) -> None:
    for name in ("b.png", "c.txt", "classes.txt", "data.yaml", "metadata.csv"):
        os.mkfifo(folder / name)
    (folder / "c.png").write_bytes(PNG)


def _put_many(folder: Path) -> None:
    start = folder.as_posix()
    for number in range(100_000):
        os.mknod(f"{start}/{number:06}.jpg")


def read_list(arguments: list[str]) -> int:
    """Read the list of a command as the window does, and print the number of its pairs."""
    print(len(read_pairs(arguments[1]).pairs))
    return 0


def _put_loops(folder: Path) -> None:
    (folder / "again").symlink_to(".")
    (folder / "up").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "self.png").symlink_to("self.png")
    (folder / "a").mkdir()
    (folder / "a" / "b").symlink_to("../a")


def _folders() -> Iterator[HostileInput]:
    """Yield folders with special files, links and side files of every kind."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(../canary/kept.txt) deletefile {} loop showpage\n"
    laughs = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    merges = "b0: &b0 {x: 1}\n" + "".join(
        f"b{i}: &b{i} {{<<: [{', '.join([f'*b{i - 1}'] * 9)}]}}\n" for i in range(1, 9)
    )
    yolo = "0 0.5 0.5 0.2 0.2\n"
    to_folder = (f"{OUT}/out", "--to", "yolo")
    fills: dict[str, Write] = {
        "named pipes": _folder(_put_pipes),
        "a socket": _folder(_put_socket),
        "a link to a device": _folder(_put_link("b.png", "/dev/zero"), *to_folder),
        "a caption that is a device": _folder(_put_link("b.txt", "/dev/zero", "b.png")),
        "a caption of 1 GB": _folder(_put_sparse("b.txt", "b.png")),
        "loops of links": _folder(_put_loops),
        "a link to everything": _folder(_put_link("all", "/")),
        "a link to processes": _folder(_put_link("all", "/proc")),
        "a link to devices": _folder(_put_link("all", "/dev")),
        "PostScript named jpg": _folder(_put("b.jpg", postscript), *to_folder),
        "a deep folder": _folder(lambda folder: os.makedirs(folder / "/".join(["d"] * 500))),
        "a name that is not UTF-8": _folder(lambda folder: (folder / "b\udcff.png").write_bytes(PNG)),
        "control characters in a name": _folder(lambda folder: (folder / "b\x1b[31m\n.png").write_bytes(PNG)),
        "deep JSON beside a picture": _folder(_put("b.json", DEEP, "b.png")),
        "JSON of another kind beside a picture": _folder(_put("b.json", '[1, {"a": 2}, [3]]', "b.png")),
        "JSON of 1 GB beside a picture": _folder(_put_sparse("b.json", "b.png")),
        "entities beside a picture": _folder(
            _put("b.xml", '<!DOCTYPE a [<!ENTITY e "x">]><annotation>&e;</annotation>', "b.png")
        ),
        "a caption that is not UTF-8": _folder(_put("b.txt", b"\xff\xfe\xff", "b.png")),
        "a caption of 99 kB of spaces": _folder(_put("b.txt", " " * 99_000 + "a", "b.png")),
        "a caption of 99 kB that looks like labels": _folder(_put("b.txt", "1" + " 11" * 33_000 + " x", "b.png")),
        "a caption of 99 kB of digits": _folder(_put("b.txt", "1 " + "1" * 98_000 + " x", "b.png")),
        "labels of 5,000 digits": _folder(_put("b.txt", "1" * 5000 + " 0.5 0.5 0.2 0.2\n", "b.png")),
        "labels without end": _folder(_put("b.txt", f"0 0.5 0.5 0.2 1e{'9' * 400}\n", "b.png")),
        "labels of 8,000 corners": _folder(_put("b.txt", "0" + " 0.5 0.25" * 8000 + "\n", "b.png")),
        "names of classes that repeat": _folder(_put("data.yaml", laughs + "names: *a11\n", "b.png")),
        "names of classes that merge": _folder(_put("data.yaml", merges + "names: *b8\n", "b.png")),
        "names of classes without end": _folder(_put_sparse("data.yaml", "b.png")),
        "names of classes that are deep": _folder(_put("data.yaml", "names: " + "[" * 100_000, "b.png")),
        "names of classes of another kind": _folder(_put("data.yaml", "names: {x: [1], 7: {a: 1}}\n", "b.png")),
        "names of classes that build objects": _folder(
            _put("data.yaml", "names: !!python/object/apply:os.system ['touch ../canary/owned']\n", "b.png")
        ),
        "numbers of base 60": _folder(_put("data.yaml", "names: [" + "1" + ":59" * 300_000 + "]\n", "b.png")),
    }
    labelled = ("names of classes", "numbers of base")
    fast = ("named pipes", "loops of links", "a caption of 1 GB")
    fast += ("a caption of 99 kB that looks like labels", "names of classes that repeat")
    for name, fill in fills.items():
        write = _with_labels(fill, yolo) if name.startswith(labelled) else fill
        yield HostileInput(f"folder, {name}", write, codes=READ, fast=name in fast)
    entry = f"{__name__}:read_list"  # writing as many pairs takes longer
    yield HostileInput("folder, a hundred thousand names", _folder(_put_many), codes=READ, entry=entry)
    yield HostileInput(
        "folder, empty", _folder(lambda folder: [path.unlink() for path in folder.iterdir()]), codes=REFUSED
    )
    yield HostileInput("a named pipe as list", _special(lambda path: os.mkfifo(path)), codes=REFUSED, fast=True)
    yield HostileInput("a device as list", _special(lambda path: path.symlink_to("/dev/zero")), codes=REFUSED)
    yield HostileInput("a terminal as list", _special(lambda path: path.symlink_to("/dev/tty")), codes=REFUSED)
    yield HostileInput("a loop of links as list", _special(lambda path: path.symlink_to(path.name)), codes=REFUSED)
    yield HostileInput(
        "memory of a process as list", _special(lambda path: path.symlink_to("/proc/self/mem")), codes=REFUSED
    )


def _with_labels(write: Write, labels: str) -> Write:
    def written(folder: Path) -> list[str]:
        arguments = write(folder)
        (folder / "pictures" / "b.txt").write_text(labels)
        return arguments

    return written


def _special(make: Callable[[Path], object]) -> Write:
    def write(folder: Path) -> list[str]:
        make(folder / "x.csv")
        return ["convert", "x.csv", f"{OUT}/out.jsonl"]

    return write


def _data_sets() -> Iterator[HostileInput]:
    """Yield folders of data sets whose parts are hostile."""
    sentence = "[/EN#1/people A man] sits .\n"
    flickr = {"Sentences/1.txt": sentence, "Annotations/1.xml": "<annotation/>"}
    boxes = "<annotation><object><name>1</name><bndbox><xmin>{}</xmin><ymin>0</ymin><xmax>5</xmax><ymax>5</ymax>"
    texts: dict[str, Mapping[str, str | bytes]] = {
        "Flickr30k, marks that are not closed": {"Sentences/2.txt": "[/EN#1/" * 14_000 + "\n"},
        "Flickr30k, phrases that are not closed": {"Sentences/2.txt": "[/EN#1/a " * 11_000 + "\n"},
        "Flickr30k, entities": {"Annotations/1.xml": "<!DOCTYPE a [<!ENTITY e 'x'>]><annotation>&e;</annotation>"},
        "Flickr30k, an edge that is no number": {
            "Annotations/1.xml": boxes.format("1e999") + "</bndbox></object></annotation>"
        },
        "Flickr30k, sentences that are not UTF-8": {"Sentences/2.txt": b"\xff\n"},
        "VOC, deep elements": {"VOC/Annotations/1.xml": "<annotation>" + "<a>" * 100_000},
        "VOC, entities": {"VOC/Annotations/1.xml": "<!DOCTYPE a [<!ENTITY e 'x'>]><annotation>&e;</annotation>"},
        "VOC, captions of 1 MB": {
            "VOC/Annotations/1.xml": "<annotation><filename>1.jpg</filename></annotation>",
            "VOC/JPEGImages/1.txt": "a dog " * 170_000,
        },
        "Hugging Face, a wrong table": {"HF/metadata.csv": "file_name,text\n" + '"' * 99_999, "HF/a.png": PNG},
        "Hugging Face, wrong lines": {"HF/metadata.jsonl": "[]\n{}\nnull\n" + DEEP, "HF/a.png": PNG},
        "a batch, a wrong head": {"B/batch.json": '{"version": "x"}', "B/index.jsonl": HONEST},
        "ImageNet-S, masks without pictures": {"I/validation-segmentation/n0/a.png": PNG, "I/validation/x/a.png": PNG},
    }
    for name, files in texts.items():
        start = next(iter(files)).partition("/")[0]
        is_flickr = start in ("Sentences", "Annotations")
        listed = {f"F/{path}": text for path, text in (flickr | dict(files)).items()} if is_flickr else files
        fast = name == "Flickr30k, marks that are not closed"
        yield HostileInput(name, converts(listed, "F" if is_flickr else start), fast=fast)


INPUTS: Final = (
    *_folders(),
    *_data_sets(),
)
"""What a folder may hold in place of pairs."""
