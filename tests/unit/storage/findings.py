"""Findings for tests: nasty ones, and many."""

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from exclip_desktop.core.values.finding import (
    RATINGS,
    Finding,
    FindingChange,
    FindingNumbers,
    FindingView,
    FindingWord,
    to_rows,
)
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.storage.project.finding_rows import change_findings, load_finding
from exclip_desktop.storage.project.project import Project

SETTINGS = {
    "model": "demo",
    "weights": "демо.safetensors",
    "weights_sha256": "ab" * 32,
    "image_layer": 2,
    "text_layer": "pool",
    "quadrature": "adaptive",
    "steps": 129,
    "float32_score": None,
    "options": {"seed": 0, "signed": True},
}
CAPTION = 'a "red" balloon, 犬 🐶\nand a dog'


def make_finding(seed: int = 0, *, pair: str = "") -> Finding:
    """Return a finding that is not kept yet."""
    rng = random.Random(seed)
    grid = (rng.randint(1, 5), rng.randint(1, 5))
    boxes = (Region((0, 0, 640, 480), name='the "red" 犬'), Region((1 / 3, 0.1, 2 / 3, 0.7)))
    regions = (*boxes, Region.lasso(((0, 0), (10.5, 3), (4, 9)), subtract=True))[: seed % 4]
    words = [
        FindingWord(w, CAPTION.index(w), CAPTION.index(w) + len(w), w == "犬", None if seed == 3 else rng.gauss(0, 1))
        for w in CAPTION.split()
    ]
    view = FindingView(
        picture=("pictures/ü 犬.png", "../away/b.png", "/abs/c.png", "")[seed % 4],
        picture_sha256=f"{seed:064x}",
        caption=f"{CAPTION} {seed}",
        selection=Selection(tuple(range(seed % 3)), regions),
        method=("second-order", "grad-eclip")[seed % 2],
        settings={**SETTINGS, "model": ("demo", "ViT-B-32")[seed % 5 == 0]},
        versions={"torch": "2.15", "exclip_desktop": "0.1"},
        pair=pair,
    )
    numbers = FindingNumbers(
        score=rng.uniform(-1, 1),
        block=None if seed % 4 == 3 else rng.gauss(0, 0.1),
        share=None if seed % 2 else rng.random(),
        residual=None if seed % 4 == 3 else 10 ** rng.uniform(-7, -1),
        ledger={"words × patches": 0.1, "residual": -1e-9},
        words=tuple(words),
        heat=to_rows(np.random.default_rng(seed).normal(size=grid)),
        geometry=Geometry((640, 480), (-0.5, 0.0, 639.9, 480.0), grid),
    )
    tags = tuple(f"tag {n}, „{n}“" for n in range(seed % 3))
    return Finding(view, numbers, RATINGS[seed % 5], tags, f'a note; "{seed}"\n\t犬 100%_\\')


def kept(finding: Finding, key: int, time: str = "2026-01-02T03:04:05+00:00") -> Finding:
    """Return the finding as a project gives it back."""
    return replace(finding, id=key, created=finding.created or time, changed=finding.changed or time)


def change_finding(project: Project, key: int, **remark: Any) -> None:
    """Change rating, tags or note of a finding; one that the project lacks as if it was there before."""
    before = load_finding(project, key) or replace(make_finding(), id=key)
    change_findings(project, [FindingChange(before, replace(before, **remark))])


def remove_findings(project: Project, keys: Iterable[int]) -> None:
    """Remove findings."""
    found = [one for key in keys if (one := load_finding(project, key)) is not None]
    change_findings(project, [FindingChange(one, None) for one in found])
