"""What annotation tools write: every area with its name, and a note on what is no area or belongs to nobody."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from exclip_desktop.storage.pair_lists.list_files import read_pairs
from tests.unit.storage.made_lists import Files, boxes_of, make_list

CAT = ("cat", (10, 20, 40, 60))
SIZE = {"original_width": 160, "original_height": 120}
CENTRE = "0.5 0.5 0.2 0.2"
NAMES = "names: [cat, dog]\n"
MIDDLE = (64, 48, 96, 72)
NO_AREA = "shapes that are no boxes or outlines, left out"


def percent(name: str = "cat", **more: Any) -> dict[str, Any]:
    """Return a result of Label Studio: a box (16, 24, 64, 72)."""
    value = {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": [name], **more}
    return {"id": "r", "type": "rectanglelabels", **SIZE, "value": value}


def result(kind: str, **value: Any) -> dict[str, Any]:
    """Return a result of Label Studio of another kind."""
    return {"type": kind, **SIZE, "value": value}


def task(*results: Any, data: Any = None, **more: Any) -> Files:
    """Return a file with one task of Label Studio."""
    own = {"image": "/data/upload/1/1a2b3c4d-a.jpg", "caption": "a cat"}
    return {"x.json": [{"id": 5, "data": data or own, "annotations": [{"result": list(results)}], **more}]}


def labelme(*shapes: Any, **more: Any) -> Any:
    """Return the content of a file of labelme."""
    return {"shapes": list(shapes), "imagePath": "a.jpg", "imageWidth": 160, "imageHeight": 120, **more}


def shape(kind: str, *points: list[float], name: str = "cat") -> dict[str, Any]:
    """Return a shape of labelme."""
    return {"label": name, "points": list(points), "shape_type": kind}


def voc(inside: str) -> str:
    """Return a file of Pascal VOC."""
    return f"<annotation>{inside}</annotation>"


def voc_object(edges: Sequence[float], name: str = "cat", more: str = "") -> str:
    """Return an object of Pascal VOC."""
    inner = "".join(f"<{key}>{edge}</{key}>" for key, edge in zip(("xmin", "ymin", "xmax", "ymax"), edges, strict=True))
    return f"<object><name>{name}</name>{more}<bndbox>{inner}</bndbox></object>"


def coco(*annotations: Any, image: Any = 1, **more: Any) -> Files:
    """Return a file of COCO with one picture."""
    return {
        "x.json": {
            "images": [{"id": image, "file_name": "a.jpg", "width": 160, "height": 120}],
            "annotations": list(annotations),
            "categories": [{"id": 1, "name": "cat"}],
            **more,
        }
    }


def instance(**more: Any) -> dict[str, Any]:
    """Return an annotation of COCO."""
    return {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 30, 40], **more}


PART = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></part>"
CVAT = "<annotations><image id='0' name='a.jpg' width='160' height='120'>{}</image></annotations>"
TRACK = "<track label='cat'><box frame='{}' outside='{}' xtl='10' ytl='20' xbr='40' ybr='60'/></track>"


@pytest.mark.parametrize(
    ("files", "target", "expected", "notes"),
    [
        # Label Studio: turned around the upper left corner; other shapes; several people
        (task(percent(x=50, y=20, width=30, height=20, rotation=90)), "x.json", [("cat", (56, 24, 80, 72))], ()),
        (task(result("ellipse", x=50, y=50, radiusX=10, radiusY=20)), "x.json", [("", (64, 36, 96, 84))], ()),
        (
            task(result("polygonlabels", points=[[0, 0], [50, 0], [25, 50]], polygonlabels=["cat"])),
            "x.json",
            [("cat", (0, 0, 80, 60))],
            (),
        ),
        (task(result("brushlabels", rle=[1], brushlabels=["cat"])), "x.json", [], (f"{NO_AREA}: brush.",)),
        (task(result("keypointlabels", x=1, y=2, width=1)), "x.json", [], (f"{NO_AREA}: keypoint.",)),
        (
            task(percent(), {**percent(text=["a black cat"]), "type": "textarea"}),
            "x.json",
            [("cat", (16, 24, 64, 72))],
            (f"{NO_AREA}: text of a box.",),
        ),
        (
            task(annotations=[{"result": [percent("wrong")], "was_cancelled": True}, {"result": [percent("dog")]}]),
            "x.json",
            [("dog", (16, 24, 64, 72))],
            (),
        ),
        (
            task(annotations=[{"result": [percent()]}, {"result": [percent("dog")], "ground_truth": True}]),
            "x.json",
            [("dog", (16, 24, 64, 72))],
            ("it has 2 annotations; one of them is read.",),
        ),
        (
            task(annotations=[], predictions=[{"result": [percent("guess")]}]),
            "x.json",
            [("guess", (16, 24, 64, 72))],
            ("nobody has annotated it; the prediction of a model is read.",),
        ),
        (
            {"x.json": [{"image": "a.jpg", "label": [{**SIZE, "points": [[0, 0], [50, 0], [25, 50]]}]}]},
            "x.json",
            [("", (0, 0, 80, 60))],
            (),
        ),
        ({"x.json": task(percent())["x.json"][0]}, "x.json", [("cat", (16, 24, 64, 72))], ()),
        # labelme: circles by centre and edge; no picture's name; files in a folder of their own
        ({"a.json": labelme(shape("circle", [50, 50], [60, 50]))}, "a.json", [("cat", (40, 40, 60, 60))], ()),
        ({"a.json": labelme(shape("mask", [10, 20], [40, 60]))}, "a.json", [CAT], ()),
        (
            {"a.json": labelme(shape("point", [1, 1]), shape("line", [1, 1], [2, 2]), shape("line", [1, 1], [2, 2]))},
            "a.json",
            [],
            (f"{NO_AREA}: 2 line, point.",),
        ),
        ({"a.json": labelme(shape("rectangle", [40, 60], [10, 20]), imagePath=None)}, "a.json", [CAT], ()),
        ({"a.json": labelme(shape("rectangle", [40, 60], [10, 20]), imagePath=None)}, "", [CAT], ()),
        # YOLO: keypoints, pixels, classes with a point, outside, lists of pictures
        ({"a.txt": f"0 {CENTRE} 0.4 0.4 2 0.6 0.6 1\n"}, "", [("0", MIDDLE)], ("keypoints: the box is kept",)),
        ({"a.txt": f"0.0 {CENTRE}\n"}, "", [("0", MIDDLE)], ()),
        ({"a.txt": "0 5e-01 5.0E-01 2e-1 .2\n"}, "", [("0", MIDDLE)], ()),
        ({"a.txt": "0 80 60 40 40\n"}, "", [], ("numbers that are no fractions of the picture",)),
        ({"a.txt": "0 2.0 2.0 0.1 0.1\n"}, "", [], ("1 box outside of the picture, 160 × 120",)),
        ({"a.txt": "0 0.95 0.5 0.3 0.2\n"}, "", [("0", (128, 48, 176, 72))], ("1 box beyond the picture's edge",)),
        ({"train.txt": "a.jpg\nb.jpg\n", "a.txt": f"0 {CENTRE}\n"}, "train.txt", [("0", MIDDLE)], ()),
        (
            {"data.yaml": "path: .\nnames: [cat, dog]\n", "a.txt": f"1 {CENTRE}\n"},
            "data.yaml",
            [("dog", MIDDLE)],
            (),
        ),
        # Pascal VOC: no size, no name, a name without an ending, parts of objects, turned boxes
        ({"a.xml": voc(voc_object((10, 20, 40, 60)))}, "a.xml", [CAT], ()),
        ({"a.xml": voc("<filename>a</filename>" + voc_object((10, 20, 40, 60)))}, "a.xml", [CAT], ()),
        (
            {"a.xml": voc(voc_object((10, 20, 40, 60), more=PART))},
            "a.xml",
            [CAT],
            (),
        ),
        (
            {"a.xml": voc("<size><width>160</width><height>120</height></size>" + voc_object((500, 2, 600, 40)))},
            "",
            [],
            ("1 box outside of the picture, 160 × 120",),
        ),
        (
            {"a.xml": voc("<object><name>cat</name><robndbox><cx>25</cx><cy>40</cy><w>40</w><h>30</h>"
                          "<angle>1.5707963</angle></robndbox></object>")},
            "a.xml",
            [CAT],
            (),
        ),
        # CVAT: turned boxes, ellipses, lines; the frames of a video
        (
            {"x.xml": CVAT.format("<box label='cat' xtl='5' ytl='25' xbr='45' ybr='55' rotation='90'/>")},
            "x.xml",
            [CAT],
            (),
        ),
        ({"x.xml": CVAT.format("<ellipse label='cat' cx='25' cy='40' rx='15' ry='20'/>")}, "x.xml", [CAT], ()),
        ({"x.xml": CVAT.format("<polyline label='l' points='1,2;3,4'/>")}, "x.xml", [], (f"{NO_AREA}: polyline.",)),
        (
            {"x.xml": f"<annotations>{TRACK.format(0, 0)}{TRACK.format(1, 1)}</annotations>"},
            "x.xml",
            [CAT],
            (),
        ),
        # COCO: ids of another kind or none, outlines alone, fractions
        (coco(instance(image_id="1", category_id=1.0)), "x.json", [CAT], ()),
        (coco({key: value for key, value in instance().items() if key != "id"}), "x.json", [CAT], ()),
        (
            coco({**{k: v for k, v in instance().items() if k != "bbox"}, "segmentation": [[10, 20, 40, 20, 25, 60]]}),
            "x.json",
            [CAT],
            (),
        ),
        (
            coco(instance(bbox=[0.1, 0.2, 0.3, 0.4])),
            "x.json",
            [("cat", (16, 24, 64, 72))],
            ("they are read as fractions of the picture",),
        ),
        # FiftyOne, VGG Image Annotator, CreateML, Visual Genome, Hugging Face, ODVG
        (
            {"x.json": {"classes": ["cat"], "labels": {"a": [{"label": 0, "bounding_box": [0.1, 0.2, 0.3, 0.4]}]}}},
            "x.json",
            [("cat", (16, 24, 64, 72))],
            (),
        ),
        (
            {"x.json": {"samples": [{
                "filepath": "a.jpg",
                "road": {"polylines": [{"label": "r", "points": [[[0, 0], [0.5, 0], [0.2, 0.5]]], "closed": True},
                                       {"label": "line", "points": [[[0, 0], [1, 1]]]}]},
            }]}},
            "x.json",
            [("r", (0, 0, 80, 60))],
            (f"{NO_AREA}: line.",),
        ),
        (
            {"x.json": {"a.jpg1": {"filename": "a.jpg", "file_attributes": {}, "regions": [
                {"shape_attributes": {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 40},
                 "region_attributes": {"kind": "cat"}},
                {"shape_attributes": {"name": "point", "cx": 1, "cy": 2}, "region_attributes": {}},
            ]}}},
            "x.json",
            [CAT],
            (f"{NO_AREA}: point.",),
        ),
        (
            {"x.json": [{"image": "a.jpg", "annotations": [
                {"label": "cat", "coordinates": {"x": 25, "y": 40, "width": 30, "height": 40}}]}]},
            "x.json",
            [CAT],
            (),
        ),
        (
            {"x.json": [{"image_id": "a", "objects": [{"names": ["cat", "pet"], "x": 10, "y": 20, "w": 30, "h": 40}]}]},
            "x.json",
            [CAT],
            (),
        ),
        (
            {"x.jsonl": {"file_name": "a.jpg", "objects": [{"bbox": [10, 20, 30, 40], "category": "cat"}]}},
            "x.jsonl",
            [CAT],
            (),
        ),
        (
            {"x.jsonl": {"filename": "a.jpg", "grounding": {
                "caption": "a cat", "regions": [{"bbox": [10, 20, 40, 60], "phrase": ["cat", "pet"]}]}}},
            "x.jsonl",
            [CAT],
            (),
        ),
        ({"x.json": [{"image": "a.jpg", "bbox": [1, 2, 3, 4]}]}, "x.json", [], ('its "bbox" is not read',)),
    ],
)  # fmt: skip
def test_areas_and_notes(
    tmp_path: Path, files: Files, target: str, expected: list[Any], notes: tuple[str, ...]
) -> None:
    make_list(tmp_path, files, ("a.jpg", "b.jpg", "frame_000000.PNG"))
    listed = read_pairs(tmp_path / target)
    assert boxes_of(listed) == expected
    assert len(listed.notes) == len(notes)
    for note, part in zip(listed.notes, notes, strict=True):
        assert part in str(note)


@pytest.mark.parametrize(
    ("files", "pictures", "target", "expected"),
    [
        ({"labels/a.txt": f"1 {CENTRE}\n", "data.yaml": NAMES}, ["images/a.jpg"], "images", "dog"),
        ({"train/labels/a.txt": f"1 {CENTRE}\n", "data.yaml": NAMES}, ["train/images/a.jpg"], "train", "dog"),
        ({"annotations/a.json": labelme(shape("rectangle", [1, 2], [3, 4]))}, ["images/a.jpg"], "", "cat"),
        ({"annotations/a.xml": voc(voc_object((1, 2, 3, 4)))}, ["images/a.jpg"], "", "cat"),
    ],
)  # fmt: skip
def test_labels_in_a_folder_of_their_own(
    tmp_path: Path, files: Files, pictures: list[str], target: str, expected: str
) -> None:
    make_list(tmp_path, files, pictures)
    listed = read_pairs(tmp_path / target)
    assert [name for name, _ in boxes_of(listed)] == [expected]
    assert not listed.notes


def test_side_files_that_are_not_read_have_a_note(tmp_path: Path) -> None:
    files = {"a.txt": "a cat", "gone.txt": "a dog", "below/b.txt": "a ball", "readme.txt": "x", "classes.txt": "cat"}
    make_list(tmp_path, files)
    assert [str(note) for note in read_pairs(tmp_path).notes] == [
        "gone.txt: there is no picture of this name; left out.",
        "below/b.txt: it has the name of a picture in another folder; left out.",
    ]


def test_labels_of_tags_choices_and_flags(tmp_path: Path) -> None:
    files = {
        **task(result("choices", choices=["good"])),
        "x.xml": CVAT.format("<tag label='dark'/>"),
        "a.json": labelme(flags={"sharp": True, "old": False}),
    }
    make_list(tmp_path, files)
    assert [read_pairs(tmp_path / name).pairs[0].label for name in files] == ["good", "dark", "sharp"]
