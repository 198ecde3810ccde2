"""Answers requests about two inputs from their stored factors; imports torch, as the engine does."""

from exclip_desktop.attribution.second_order.two_inputs import ModelInput, explain_two_inputs
from exclip_desktop.attribution.second_order.unfinished import UnfinishedWork
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.models.model import Model
from exclip_desktop.session.worker.two_input_requests import TwoInputAnswer, TwoInputRequest
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import Picture


def answer_two_inputs(
    request: TwoInputRequest,
    model: Model,
    cache: FactorCache,
    unfinished: UnfinishedWork,
    progress: Progress,
    cancel: CancelToken,
) -> TwoInputAnswer:
    """Return the matrix of the two inputs; factors that the cache lacks are computed and stored."""
    explanation = explain_two_inputs(
        model,
        _content(request.first),
        _content(request.other),
        request.question.explain_settings,
        store=cache,
        progress=progress,
        cancel=cancel,
        unfinished=unfinished,
    )
    return TwoInputAnswer(request.id, explanation)


def _content(source: Picture | str) -> ModelInput:
    return source if isinstance(source, str) else source.pixels
