"""Results as tables for a terminal; text from songs is never read as markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from musiclime_core.digest import clock, summary
from musiclime_core.explanation import AUDIO, Explanation, UnitWeight

__all__ = ["explanation_tables", "score_table", "weights_table"]

BAR_WIDTH = 24
N_ROWS = 12
SUPPORTS, OPPOSES, NOISE = "dark_orange", "medium_purple1", "bright_black"


def score_table(scores: Mapping[str, float], n_rows: int = 15) -> Table:
    """Labels with their scores in [0, 1], best first, with bars."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for label, score in sorted(scores.items(), key=lambda item: -item[1])[:n_rows]:
        bar = "█" * round(score * BAR_WIDTH)
        table.add_row(Text(label), f"{score:6.1%}", Text(bar, style=SUPPORTS))
    return table


def explanation_tables(explanation: Explanation) -> list[RenderableType]:
    """Prediction, one sentence, the weightiest units, and how far to trust them."""
    label = explanation.default_label
    scores = dict(zip(explanation.labels, explanation.scores.tolist(), strict=True))
    fit = explanation.surrogate_fit(label)
    n = explanation.parameters.get("n_perturbations", 0)
    return [
        score_table(scores, n_rows=5),
        Text(),
        Text(summary(explanation, label), style="bold"),
        Text(),
        _unit_table(explanation, label),
        Text(),
        Text(f"Surrogate fit R² {fit:.2f} over {n} perturbed copies. ~ is within chance.", "dim"),
    ]


def _unit_table(explanation: Explanation, label: str) -> Table:
    rows = [row for row in explanation.query(label) if row.unit.seen and row.weight][:N_ROWS]
    table = Table(box=None, pad_edge=False, title=f"For {label}", title_justify="left")
    for heading in ("part", "when", "weight", ""):
        table.add_column(heading, justify="right" if heading == "weight" else "left")
    largest = max((abs(row.weight) for row in rows), default=1.0)
    for row in rows:
        table.add_row(*_unit_row(row, largest))
    return table


def _unit_row(row: UnitWeight, largest: float) -> tuple[Text, ...]:
    unit, is_audio = row.unit, row.unit.modality == AUDIO
    style = NOISE if row.is_noise else SUPPORTS if row.weight > 0 else OPPOSES
    bar = "█" * max(1, round(abs(row.weight) / largest * BAR_WIDTH))
    verdict = "~" if row.is_noise else "supports" if row.weight > 0 else "opposes"
    return (
        Text(unit.source if is_audio else f"“{_one_line(unit.name)}”"),
        Text(f"{clock(unit.start_s)}–{clock(unit.end_s)}" if is_audio else ""),
        Text(f"{row.weight:+.3f}", style=style),
        Text(f"{bar} {verdict}", style=style),
    )


def _one_line(text: str, n_characters: int = 40) -> str:
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= n_characters else flat[: n_characters - 1] + "…"


def weights_table(states: Sequence[Mapping[str, str]]) -> Table:
    """Weights with their state, licence and source."""
    table = Table(box=None, pad_edge=False)
    for heading in ("weights", "state", "licence", "source"):
        table.add_column(heading, overflow="fold")
    for state in states:
        table.add_row(*(Text(state[key]) for key in ("name", "state", "licence", "source")))
    return table
