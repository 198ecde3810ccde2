"""What decides a picture's factor: the picture, the model and the settings of its side."""

from dataclasses import dataclass, replace

from exclip_desktop.core.values.explanation import ResolvedSettings
from exclip_desktop.session.state import State
from exclip_desktop.session.worker.requests import ExplainRequest
from exclip_desktop.storage.pictures import Picture


@dataclass(frozen=True, slots=True, eq=False)
class PictureSubject:
    """A picture with the settings that decide its factor; those of the caption's side are blank."""

    picture: Picture
    settings: ResolvedSettings

    def is_same(self, other: "PictureSubject | None") -> bool:
        """Return whether both have the same factor."""
        return other is not None and self.picture is other.picture and self.settings == other.settings


def subject_on_screen(state: State) -> PictureSubject | None:
    """Return the explained picture on screen; None while there is none, or another one is explained."""
    explanation, canvas_picture = state.explanation, state.canvas_picture
    if explanation is None or canvas_picture is None or state.stale:
        return None
    return PictureSubject(canvas_picture.picture, replace(explanation.settings, text_layer=0, text_reference=""))


def question_on_screen(state: State, number: int) -> ExplainRequest:
    """Return the explained pair on screen as a request with the id ``number``; there must be one."""
    explanation, canvas_picture, provenance = state.explanation, state.canvas_picture, state.provenance
    assert explanation is not None
    assert canvas_picture is not None
    caption = explanation.caption.text
    return ExplainRequest(number, provenance.choice, provenance.explain_settings, canvas_picture.picture, caption)
