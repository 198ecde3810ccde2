"""Methods × metrics × pairs: what each method's heat is worth, measured on the model itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from exclip_desktop.attribution.compute_errors import memory_told
from exclip_desktop.core.errors import PictureError, SettingsError, UserError
from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.places import UnreadPair
from exclip_desktop.core.values.study import RANDOM, Outcome, StudySettings, study_methods
from exclip_desktop.evaluate.heats import MethodRun, compute_heats
from exclip_desktop.evaluate.method_values import values_of
from exclip_desktop.evaluate.subject import Subject
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions

Told = Mapping[str, str]
About = tuple[str, str, str, Mapping[str, object]]
"""A pair's id and picture, a method's key and all its options."""


def study_pairs(
    model: Model,
    pairs: Sequence[UnreadPair],
    methods: Mapping[str, Told],
    settings: StudySettings,
    *,
    captions: Sequence[str] = (),
    done: Collection[tuple[str, str]] = frozenset(),
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Iterator[Outcome]:
    """Yield every method's outcome on every pair, pair by pair, as soon as it is there.

    A method that does not fit, or a picture that cannot be read, gives an outcome with the reason instead of values.

    Args:
        model: a loaded model.
        pairs: what is studied.
        methods: options as text by name, by the methods' keys.
        settings: what decides the figures beside.
        captions: those among which ``softmax`` scores, a pair's own included or not.
        done: (pair, method) that are there already, and left out; all else comes out the same without them.
        progress: told how many heats are measured.
        cancel: polled once per batch of pictures.

    Raises:
        SettingsError: there is no such method or option.
        Cancelled: the person cancelled.

    """
    known = {method: options_of(method, told) for method, told in methods.items()}
    others = _embedded(model, captions if settings.score == "softmax" else ())
    tell, token, total = progress or ignore_progress, cancel or CancelToken(), len(pairs) * len(methods)
    for place, pair in enumerate(pairs):
        wanted = [method for method in methods if (pair.id, method) not in done]
        if not wanted:
            continue
        token.check()
        subject = _subject(model, pair, settings, others, token)
        for method in wanted:
            tell(Report("heats", place * len(methods) + list(methods).index(method), total))
            about = pair.id, pair.picture, method, known[method]
            if isinstance(subject, PictureError):
                yield _without_figures(about, settings, subject)
            else:
                yield _outcome(about, MethodRun(model, method, methods[method], settings, token), subject)
    tell(Report("heats", total, total))


def options_of(method: str, told: Told) -> dict[str, object]:
    """Return all options of a method by name, from text.

    Raises:
        SettingsError: there is no such method or option, or the text is none of its values.

    """
    if method not in study_methods():
        raise SettingsError(
            f'There is no method "{method}".', Remedy.CHOOSE_STUDY_METHODS, choices=", ".join(study_methods())
        )
    if method == RANDOM:
        return {}
    return dict(all_methods()[method].parse_options(told))


def _embedded(model: Model, captions: Sequence[str]) -> dict[str, Tensor]:
    return {caption: encode_captions(model, [caption])[0] for caption in dict.fromkeys(captions)}


def _subject(
    model: Model, pair: UnreadPair, settings: StudySettings, embedded: Mapping[str, Tensor], cancel: CancelToken
) -> Subject | PictureError:
    """Return a pair in the eyes of the model, or why it cannot be read."""
    rows = [row for caption, row in embedded.items() if caption != pair.caption]
    others = torch.stack(rows) if rows else torch.zeros(0)
    try:
        return Subject(model, pair.id, pair.read(), settings, others, cancel)
    except PictureError as error:
        return error


def _outcome(about: About, asked: MethodRun, subject: Subject) -> Outcome:
    settings = asked.settings
    try:
        with memory_told():
            heats = compute_heats(asked, subject)
            values, curves = values_of(heats, subject, settings)
    except UserError as error:
        return _without_figures(about, settings, error)
    kinds = {key: METRICS[key].kind for key in settings.metrics}
    reasons = {key: heats.reasons[kind] for key, kind in kinds.items() if kind in heats.reasons}
    return Outcome(*about, values, curves, reasons)


def _without_figures(about: About, settings: StudySettings, error: UserError) -> Outcome:
    return Outcome(*about, {}, {}, dict.fromkeys(settings.metrics, error.message))
