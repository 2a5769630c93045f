"""Worked examples: the first one stands open, no click needed."""

from __future__ import annotations

import streamlit as st

from explorer.analysis import example_slugs
from explorer.resources import example
from explorer.views import result

__all__ = ["page"]


def page() -> None:
    """Show one shipped example, and let another be chosen."""
    st.title("Why does it sound like that?")
    st.write(
        "A classifier named the genre of each song below. Hear and read why: which "
        "instrument, in which seconds, and which words."
    )
    slugs = example_slugs()
    slug = st.segmented_control(
        "Song",
        slugs,
        default=slugs[0],
        required=True,
        format_func=lambda name: example(name).explanation.song["title"],
        key="song",
        bind="query-params",
    )
    st.html("<a href='explain' target='_self'>Explain a song of your own</a>")
    result.show(example(slug if slug in slugs else slugs[0]), key=str(slug))
