"""Second-order attributions (Möller et al., TMLR 2025): this program's own method."""

from typing import TYPE_CHECKING

from exclip_desktop.core.methods import NoOptions, SecondOrderMethod

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.explanation import Explanation


def answer(pair: "Pair", options: NoOptions) -> "Explanation":
    """Return the explanation of a pair, with its ledger; settings are the pair's, and options there are none."""
    from exclip_desktop.attribution.second_order.explain import explain_pair

    return explain_pair(
        pair.model, pair.picture, pair.caption.text, pair.settings, progress=pair.progress, cancel=pair.cancel
    )


METHOD = SecondOrderMethod(
    key="second-order",
    name="Second-order attributions",
    citation="Möller et al., TMLR 2025",
    cost="a few runs of the explained blocks of either side",
    answer=answer,
)
