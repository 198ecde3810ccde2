"""Says why a study has no figures, and which boxes of a list it leaves out."""

from collections.abc import Callable, Sequence
from typing import Final

from exclip_desktop.core.errors import CaptionError, ListError
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.study import Outcome, StudySettings

MAX_EXAMPLES: Final = 3


def describe_unnamed_boxes(pairs: Sequence[ListedPair], read: Callable[[str], Caption]) -> str:
    """Return a sentence on the boxes whose names are not words of their captions; empty where there are none.

    ``read`` returns a caption as the model reads it.
    """
    unnamed = [(region.name, pair.id) for pair in pairs for region in pair.regions if region.name]
    captions = {pair.id: read(pair.caption or pair.label) for pair in pairs if any(one.name for one in pair.regions)}
    unnamed = [(name, pair) for name, pair in unnamed if not _has_words(captions[pair], name)]
    if not unnamed:
        return ""
    examples = list(dict.fromkeys(unnamed))[:MAX_EXAMPLES]
    listed = ", ".join(f"{name} (pair {pair})" for name, pair in examples)
    if len(unnamed) == 1:
        return f"1 box has no matching words in its caption: {listed}."
    more = ", …" if len(set(unnamed)) > len(examples) else ""
    return f"{format_count(len(unnamed), 'box', 'boxes')} have no matching words in their captions: {listed}{more}."


def _has_words(caption: Caption, name: str) -> bool:
    try:
        return bool(caption.rows_of(name))
    except CaptionError:
        return False


def find_study_error(
    settings: StudySettings, outcomes: Sequence[Outcome], pairs: Sequence[ListedPair], notes: tuple[str, ...]
) -> ListError | None:
    """Return why a study that has ended has no figure at all; None where it has one.

    ``pairs`` are those that were to be evaluated, ``notes`` what was left out of them.
    A pair that failed, such as by a missing picture, is named.
    """
    if any(one.values for one in outcomes):
        return None
    if not outcomes:
        return _no_captions_error()
    failed = {one.pair: next(iter(one.reasons.values())) for one in reversed(outcomes) if one.reasons}
    first = min(failed, key=[one.pair for one in outcomes].index, default="")
    failure = f"Pair {first}: {failed[first]}" if failed else ""
    if all(set(settings.metrics) <= set(one.reasons) for one in outcomes):
        return ListError(f"No pair could be measured. {failure}", "Correct the list, or choose other methods.")
    error = _describe_missing_places(settings, pairs)
    return ListError(" ".join(part for part in (error.message, *notes, failure) if part), error.hint)


def check_places(settings: StudySettings, pairs: Sequence[ListedPair]) -> None:
    """Raise ``ListError`` where there are no pairs to evaluate, or every metric needs places and no pair has one."""
    if not pairs:
        raise _no_captions_error()
    if all(METRICS[key].kind == "place" for key in settings.metrics) and not _have_places(pairs):
        raise _describe_missing_places(settings, pairs)


def _no_captions_error() -> ListError:
    return ListError("No pair of the list has a caption or a label.", "Add captions to the list.")


def _have_places(pairs: Sequence[ListedPair]) -> bool:
    return any(pair.regions or pair.mask for pair in pairs)


def _describe_missing_places(settings: StudySettings, pairs: Sequence[ListedPair]) -> ListError:
    names = [METRICS[key].name for key in settings.metrics if METRICS[key].kind == "place"]
    named = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    needed = f"which {named} {'needs' if len(names) == 1 else 'need'}"
    if not _have_places(pairs):
        return ListError(f"No pair of the list has boxes or masks, {needed}.", "Add boxes, or choose other metrics.")
    return ListError(
        f"No pair of the list has a box or mask that the model sees and its caption names, {needed}.",
        "Name the boxes by words of their captions, or choose other metrics.",
    )
