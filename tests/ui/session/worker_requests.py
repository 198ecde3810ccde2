"""Requests to the worker, for tests of its mailbox and of its thread."""

from pathlib import Path

import numpy as np

from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.core.values.study import StudySettings
from exclip_desktop.session.worker.parts_requests import PartsRequest, SimilarityRequest
from exclip_desktop.session.worker.requests import (
    AheadRequest,
    ExplainRequest,
    ListPairRequest,
    ModelChoice,
    PaneRequest,
    ProfileRequest,
    ScoreRequest,
    StudyRequest,
)
from exclip_desktop.storage.pictures import Picture

PICTURE = Picture(np.zeros((4, 4, 3), np.uint8))


def make_explain(number: int = 1) -> ExplainRequest:
    return ExplainRequest(number, ModelChoice(), ExplainSettings(), PICTURE, f"caption {number}")


def make_ahead(number: int, *, completes: bool = False) -> AheadRequest:
    return AheadRequest(make_explain(number), completes)


def make_score(number: int = 1) -> ScoreRequest:
    return ScoreRequest(number, ModelChoice(), PICTURE, ("a dog", "a cat"))


def make_pane(number: int = 1) -> PaneRequest:
    return PaneRequest(number, ModelChoice(), "model", PICTURE, "a dog", "itsm", "")


def make_listed() -> ListPairRequest:
    return ListPairRequest(1, ModelChoice(), ExplainSettings(), Path("a.png"), "a dog", ())


def make_study(number: int = 1) -> StudyRequest:
    return StudyRequest(number, ModelChoice(), None, 2, ("random",), StudySettings(), Path("studies"))


def make_profile(number: int = 1) -> ProfileRequest:
    return ProfileRequest(number, ModelChoice(), ExplainSettings(), PICTURE, "a dog", "image")


def make_similarity(number: int = 1) -> SimilarityRequest:
    return SimilarityRequest(make_explain(number))


def make_parts_request(number: int = 1) -> PartsRequest:
    return PartsRequest(make_explain(number), "kmeans", 3, "")
