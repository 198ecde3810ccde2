"""How long work will still take, told from how fast it has gone."""

from typing import Final

from exclip_desktop.session.state import Work

MEASURED_S: Final = 2.0  # of work, before anything is foretold: the first steps load and warm up
LEAST_LEFT_S: Final = 2.0


class Pace:
    """Follows the work that is shown; times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._what = ""
        self._from = 0.0, 0
        self._last_done = 0

    def left_s(self, work: Work, now_s: float) -> float | None:
        """Return the seconds left; None where they cannot be told yet, or are few."""
        if work.what != self._what or work.done < self._last_done:
            self._what, self._from = work.what, (now_s, work.done)
        self._last_done = work.done
        began_s, began_at = self._from
        done, elapsed_s = work.done - began_at, now_s - began_s
        if done <= 0 or elapsed_s < MEASURED_S or work.done >= work.total:
            return None
        left_s = elapsed_s * (work.total - work.done) / done
        return left_s if left_s >= LEAST_LEFT_S else None
