"""What a classifier must offer to be explained, and the classifiers that come with it."""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from musiclime_core.errors import ParameterError, one_of
from musiclime_core.predictors.protocols import FieldOfView, Predictor, TwoTower

__all__ = ["PREDICTORS", "FieldOfView", "Predictor", "TwoTower", "load_predictor"]

PREDICTORS = {
    "bundled": "musiclime_core.predictors.bundled:BundledClassifier",
    "musicnn": "musiclime_core.predictors.musicnn:MusicnnTagger",
}


def load_predictor(name: str = "bundled", *, task: str = "genre") -> Predictor:
    """Load a classifier by name.

    Parameters
    ----------
    name : str
        A key of `PREDICTORS`.
    task : str
        What "bundled" predicts; "musicnn" always gives its 50 tags.

    Returns
    -------
    Predictor

    Raises
    ------
    ParameterError
        If the name or the task is not known.

    Examples
    --------
    >>> load_predictor("musicnn").labels[:3]
    ('rock', 'pop', 'alternative')
    """
    module, attribute = PREDICTORS[one_of("model", name, PREDICTORS)].split(":")
    make = cast(Callable[..., Predictor], getattr(import_module(module), attribute))
    if name == "musicnn":
        if task not in ("genre", "tags"):
            raise ParameterError(f"musicnn predicts tags, not {task!r}; leave the task out.")
        return make()
    return make(task)
