"""The words of a vocabulary as a model embeds them: an interrupted call is resumed, and nothing is embedded twice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.models import word_embeddings
from exclip_desktop.models.loading import load_model

WORDS = ("cat", "balloon", "grass", "sky", "dog", "red")


def test_an_interrupted_vocabulary_is_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    model, token = load_model("demo"), CancelToken()
    whole = word_embeddings.embed_words(model, WORDS)
    monkeypatch.setattr(word_embeddings, "BATCH", 2)
    finished: dict[str, NDArray[np.float32]] = {}
    with pytest.raises(Cancelled):
        word_embeddings.embed_words(model, WORDS, lambda _: token.cancel(), token, finished=finished)
    assert set(finished) == {"cat", "balloon"}
    reports: list[Report] = []
    resumed = word_embeddings.embed_words(model, WORDS, reports.append, finished=finished)
    assert [(report.done, report.total) for report in reports] == [(4, 6), (6, 6)]
    assert resumed.words == WORDS
    np.testing.assert_allclose(resumed.directions, whole.directions, atol=1e-5)
