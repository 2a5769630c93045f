"""How far a long piece of work has come, and the wish to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from musiclime_core.errors import Cancelled

__all__ = ["FITTING", "LISTENING", "READING", "SEPARATING", "STAGES", "Progress", "Ticker"]

SEPARATING, LISTENING = "Separating instruments", "Listening"
READING, FITTING = "Reading", "Fitting"
STAGES = (SEPARATING, LISTENING, READING, FITTING)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an explanation has come.

    Parameters
    ----------
    stage : str
        Name of the stage, for people.
    stage_index, n_stages : int
        Which stage this is, from 0, and how many there are.
    fraction : float
        Part of this stage that is done, in [0, 1].
    """

    stage: str
    stage_index: int
    n_stages: int
    fraction: float


class Ticker:
    """Reports progress, and stops the work as soon as the caller asks."""

    def __init__(
        self, progress: Callable[[Progress], None] | None, cancel: Callable[[], bool] | None
    ) -> None:
        self._progress, self._cancel = progress, cancel

    def __call__(self, stage: str) -> Callable[[float], None]:
        """Return a function of the fraction done of `stage`; it may raise `Cancelled`."""

        def tick(fraction: float) -> None:
            if self._cancel is not None and self._cancel():
                raise Cancelled("the explanation was cancelled.")
            if self._progress is not None:
                self._progress(Progress(stage, STAGES.index(stage), len(STAGES), fraction))

        return tick
