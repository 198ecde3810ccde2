"""The remark on a pair is gathered from its findings."""

from exclip_desktop.core.values.pair_remarks import NotedPair, PairRemark, gather_remarks

DOG, CAT = ("/a.png", "a dog"), ("/a.png", "a cat")


def test_a_pair_has_the_newest_rating_and_every_tag_and_note() -> None:
    remarks = gather_remarks(
        [
            NotedPair(DOG, "match", ("snow", "left"), "first"),
            NotedPair(CAT, "unsure"),
            NotedPair(DOG, "artefact", ("left", "dark"), "second"),
            NotedPair(DOG, "", (), ""),
        ]
    )
    assert remarks == {
        DOG: PairRemark("artefact", ("snow", "left", "dark"), "first\nsecond", 3),
        CAT: PairRemark("unsure", count=1),
    }


def test_a_finding_without_a_rating_leaves_the_pair_unrated() -> None:
    assert gather_remarks([NotedPair(DOG, note="look")]) == {DOG: PairRemark(note="look", count=1)}
