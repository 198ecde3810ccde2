"""Edits of a person's remark on a finding, and the sentence about a change."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import RATING_NAMES, Finding, FindingChange, Rating


@dataclass(frozen=True, slots=True)
class Remark:
    """A person's rating, tags and note."""

    rating: Rating = ""
    tags: tuple[str, ...] = ()
    note: str = ""


RemarkEdit = Callable[[Remark], Remark]
"""Returns the edited remark."""


def set_rating(rating: Rating) -> RemarkEdit:
    """Return the edit that sets the rating."""
    return lambda remark: replace(remark, rating=rating)


def set_tags(before: Iterable[str], after: Iterable[str]) -> RemarkEdit:
    """Return the edit that adds and removes the tags that were added to ``before`` and removed from it."""
    old, new = tuple(before), tuple(after)
    removed = set(old) - set(new)
    added = [tag for tag in new if tag not in old]

    def edit(remark: Remark) -> Remark:
        if set(remark.tags) == set(old):
            return replace(remark, tags=new)
        return replace(remark, tags=tuple(dict.fromkeys([*(tag for tag in remark.tags if tag not in removed), *added])))

    return edit


def set_differences(before: Remark, after: Remark) -> RemarkEdit:
    """Return the edit that sets what differs between two remarks."""
    tags = set_tags(before.tags, after.tags)

    def edit(remark: Remark) -> Remark:
        rating = remark.rating if before.rating == after.rating else after.rating
        note = remark.note if before.note == after.note else after.note
        return replace(tags(remark), rating=rating, note=note)

    return edit


def share_remark(remarks: Sequence[Remark]) -> tuple[Remark, bool]:
    """Return what all remarks share, and whether their notes are equal; there is at least one."""
    first, *others = remarks
    rating = first.rating if all(one.rating == first.rating for one in others) else ""
    tags = common_tags([one.tags for one in remarks])
    are_notes_equal = all(one.note == first.note for one in others)
    return Remark(rating, tags, first.note if are_notes_equal else ""), are_notes_equal


def common_tags(tags: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the tags that all of these have, in the order of the first; there is at least one."""
    first, *others = tags
    return tuple(tag for tag in first if all(tag in other for other in others))


def remark_of(finding: Finding) -> Remark:
    """Return a finding's remark."""
    return Remark(finding.rating, finding.tags, finding.note)


def with_remark(finding: Finding, remark: Remark) -> Finding:
    """Return a finding with another remark."""
    return replace(finding, rating=remark.rating, tags=remark.tags, note=remark.note)


def describe_changes_made(changes: Sequence[FindingChange]) -> str:
    """Return what was done to findings, for the status line: ``Match: dog.jpg``, ``3 findings removed``."""
    (first, *others) = changes
    before, after = first.before, first.after
    finding = after or before
    assert finding is not None
    if others:
        ratings = {one.after.rating for one in changes if one.after is not None}
        did = "removed" if after is None else "added" if before is None else "changed"
        is_rating = len(ratings) == 1 and all(_is_rated(one) for one in changes)
        done = f"rated {RATING_NAMES[ratings.pop()]}" if is_rating else did
        return f"{format_count(len(changes), 'finding')} {done}"
    if after is None:
        done = "Finding removed"
    elif _is_rated(first):
        done = RATING_NAMES[after.rating]
    elif before is None:
        done = "Noted"
    else:
        done = "Tags saved" if before.tags != after.tags else "Note saved"
    return f"{done}: {Path(finding.view.picture).name}"


def _is_rated(change: FindingChange) -> bool:
    """Return whether a finding got another rating, or a new one has a rating."""
    before, after = change.before, change.after
    return after is not None and after.rating != ("" if before is None else before.rating)
