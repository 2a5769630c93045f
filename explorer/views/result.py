"""One result: what, why, how it sounds, and how far to trust it."""

from __future__ import annotations

import streamlit as st

from explorer.analysis import Analysis
from explorer.charts import headline, score_bars, sentence, weight_rows
from explorer.player import player
from musiclime_core.explanation import Explanation

__all__ = ["show"]

N_BARS = 5


def show(analysis: Analysis, *, key: str) -> None:
    """Show one result from top to bottom.

    Parameters
    ----------
    analysis : Analysis
    key : str
        Sets its widgets apart from those of other results.
    """
    explanation = analysis.explanation
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    left.html(headline(explanation, analysis.credits))
    why = left.empty()
    right.html(score_bars(explanation, N_BARS))
    ranked = sorted(explanation.explained, key=explanation.score, reverse=True)
    label = st.selectbox(
        "Why this genre, or another?",
        ranked,
        format_func=lambda name: f"{name} ({explanation.score(name):.0%})",
        key=f"label-{key}",
    )
    why.html(sentence(explanation, label))
    player(explanation, label, analysis.sounds, key=f"player-{key}")
    _lyrics_note(analysis)
    _trust(explanation, label)
    _details(analysis, label, key)


def _lyrics_note(analysis: Analysis) -> None:
    if note := analysis.credits.get("lyrics_note"):
        st.caption(note)


def _trust(explanation: Explanation, label: str) -> None:
    """How well the explanation describes the model."""
    st.subheader("Can I trust this?")
    fit = explanation.surrogate_fit(label)
    rows = [row for row in explanation.query(label) if row.unit.seen]
    n_sure = sum(not row.is_noise for row in rows)
    columns = st.columns(3)
    columns[0].metric(
        "Fit (R²)",
        f"{fit:.2f}",
        help="How much of the model's reaction to switched-off parts the weights reproduce; "
        "1 is all of it. Low fit: parts act together, and single weights say little.",
    )
    columns[1].metric(
        "Perturbed copies",
        f"{explanation.parameters.get('n_perturbations', 0):,}",
        help="Copies of the song with random parts switched off that the model was asked about.",
    )
    columns[2].metric(
        "Beyond chance",
        f"{n_sure} of {len(rows)}",
        help="Parts whose 95% interval does not hold zero.",
    )
    st.caption(
        f"{_fit_in_words(fit)} It explains this model's answer, which can itself be wrong: "
        "tags are heard in windows of 3 seconds, and lyrics are compared with short "
        "descriptions of each genre."
    )


def _fit_in_words(fit: float) -> str:
    if fit >= 0.8:
        return "The weights reproduce the model's reactions well."
    if fit >= 0.5:
        return "The weights reproduce the model's reactions in part; read them as a tendency."
    return "The weights reproduce the model's reactions poorly; do not lean on single parts."


def _details(analysis: Analysis, label: str, key: str) -> None:
    explanation = analysis.explanation
    with st.expander("All weights as a table"):
        st.dataframe(
            weight_rows(explanation, label),
            hide_index=True,
            column_config={
                "weight": st.column_config.NumberColumn(format="%+.4f"),
                "± 95%": st.column_config.NumberColumn(format="%.4f"),
            },
        )
    with st.expander("How this was made"):
        st.json(
            {
                "model": explanation.model,
                "separator": explanation.separator,
                "parameters": explanation.parameters,
            },
            expanded=True,
        )
    st.download_button(
        "Export as JSON",
        explanation.to_json(),
        file_name="explanation.json",
        mime="application/json",
        key=f"export-{key}",
        on_click="ignore",
    )
    if analysis.credits:
        st.caption(f"{analysis.credits['attribution']} Licence: {analysis.credits['licence']}.")
