"""Pictures of results as pure functions; every text from outside is escaped here."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from musiclime_core.digest import summary
from musiclime_core.explanation import Explanation

__all__ = ["headline", "score_bars", "sentence", "weight_rows"]

STYLE = """
<style>
.ml-head{margin:0 0 4px;font-size:clamp(24px,4vw,34px);font-weight:700;line-height:1.2}
.ml-sub{margin:0 0 10px;color:#57504a}
.ml-why{margin:0;font-size:18px;line-height:1.5}
.ml-bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:4px 10px;
 align-items:center;font-size:14px;margin:0}
.ml-bars .track{background:#f0ece6;border-radius:4px;height:14px;min-width:60px}
.ml-bars .fill{display:block;height:14px;border-radius:4px;background:#c9bfb3}
.ml-bars .first .fill,.ml-bars .fill.first{background:#b34700}
.ml-bars .number{text-align:right;font-variant-numeric:tabular-nums}
</style>
"""


def headline(explanation: Explanation, about: Mapping[str, str]) -> str:
    """HTML: what was predicted, how surely, and what others call the song."""
    label = explanation.predicted
    title = " – ".join(
        str(explanation.song.get(key, ""))
        for key in ("artist", "title")
        if explanation.song.get(key)
    )
    described = about.get("described_as", "")
    beside = f" Its source calls it {described}." if described else ""
    return (
        f"{STYLE}<p class='ml-sub'>{escape(title)}</p>"
        f"<p class='ml-head'>{escape(label[:1].upper() + label[1:])}, "
        f"{explanation.score(label):.0%} sure</p>"
        f"<p class='ml-sub'>of {len(explanation.labels)} genres.{escape(beside)}</p>"
    )


def sentence(explanation: Explanation, label: str) -> str:
    """HTML: why, in one sentence."""
    return f"{STYLE}<p class='ml-why'>{escape(summary(explanation, label))}</p>"


def score_bars(explanation: Explanation, n_labels: int = 5) -> str:
    """HTML: scores of the labels as bars, best first."""
    ranked = sorted(zip(explanation.scores.tolist(), explanation.labels, strict=True), reverse=True)
    rows = "".join(
        f"<span>{escape(label)}</span>"
        f"<span class='track' aria-hidden='true'><span class='fill{'' if i else ' first'}' "
        f"style='width:{score:.1%}'></span></span>"
        f"<span class='number'>{score:.0%}</span>"
        for i, (score, label) in enumerate(ranked[:n_labels])
    )
    return f"{STYLE}<div class='ml-bars' role='group' aria-label='Scores'>{rows}</div>"


def weight_rows(explanation: Explanation, label: str) -> list[dict[str, str | float]]:
    """Rows of the table of all weights, strongest first."""
    return [
        {
            "part": row.unit.source or row.unit.name,
            "kind": row.unit.modality,
            "from (s)": row.unit.start_s,
            "to (s)": row.unit.end_s,
            "weight": row.weight,
            "± 95%": 1.96 * row.standard_error,
            "verdict": _verdict(row.weight, row.is_noise, row.unit.seen),
        }
        for row in explanation.query(label)
    ]


def _verdict(weight: float, is_noise: bool, seen: bool) -> str:
    if not seen:
        return "not perceived"
    if is_noise:
        return "within chance"
    return "supports" if weight > 0 else "opposes"
