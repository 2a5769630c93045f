"""What all visitors share: models, the job queue, and the shipped examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from explorer.analysis import Analysis, Request, analyse, load_example
from explorer.jobs import JobQueue
from musiclime_core.progress import Progress

if TYPE_CHECKING:
    from musiclime_core.predictors import Predictor
    from musiclime_core.separation import Separator

__all__ = ["example", "queue", "submit"]


@st.cache_resource(show_spinner=False)
def queue() -> JobQueue[Analysis]:
    """Return the job queue of this server."""
    return JobQueue()


@st.cache_data(show_spinner=False)
def example(slug: str) -> Analysis:
    """Return one shipped example."""
    return load_example(slug)


class _Models:
    """The models, loaded by the worker when first needed and kept."""

    def __init__(self) -> None:
        self._loaded: tuple[Predictor, Separator] | None = None

    def __call__(self) -> tuple[Predictor, Separator]:
        if self._loaded is None:
            from musiclime_core import load_predictor, load_separator

            self._loaded = load_predictor(), load_separator()
        return self._loaded


@st.cache_resource(show_spinner=False)
def _models() -> _Models:
    return _Models()


def submit(request: Request) -> str:
    """Queue an explanation; return the id of its job."""
    models = _models()

    def work(progress: Callable[[Progress], None], cancel: Callable[[], bool]) -> Analysis:
        return analyse(request, *models(), progress, cancel)

    return queue().submit(request.name, work)
