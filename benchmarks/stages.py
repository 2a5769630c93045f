"""What each stage of an explanation costs: seconds and memory, first and cached.

python -m benchmarks.stages [--perturbations 1000]
"""

from __future__ import annotations

import argparse
import time

from benchmarks.report import Measure, measured, peak_mb, print_table, reset_peak
from musiclime_core import (
    Lyrics,
    Song,
    decode_audio,
    explain_song,
    load_predictor,
    load_separator,
    read_lyrics,
)
from musiclime_core.predictors import Predictor
from musiclime_core.progress import STAGES, Progress
from musiclime_core.separation import Separator
from musiclime_core.weights import assets_folder

N_WORDS = 120
EXAMPLES = ("war-of-freedom", "feelings")


def song_of_120_words() -> Song:
    """A shipped recording of 30 s, with the words of two examples."""
    folder = assets_folder() / "examples"
    texts = [read_lyrics(folder / slug / "lyrics.txt").text for slug in EXAMPLES]
    words = " ".join(texts).split()[:N_WORDS]
    return Song(decode_audio(folder / EXAMPLES[0] / "mix.ogg"), Lyrics(" ".join(words)))


class Stopwatch:
    """Seconds between the first and the last word of each stage, and its memory."""

    def __init__(self) -> None:
        self.stages = {stage: Measure(peak_mb=0.0) for stage in STAGES}
        self._stage, self._start = "", 0.0

    def __call__(self, progress: Progress) -> None:
        """Take note of progress."""
        if progress.stage != self._stage:
            self._stage, self._start = progress.stage, time.perf_counter()
            reset_peak()
        measure = self.stages[progress.stage]
        measure.seconds = time.perf_counter() - self._start
        measure.peak_mb = max(measure.peak_mb, peak_mb())


def load() -> tuple[Predictor, Separator]:
    """Import and load the models."""
    return load_predictor(), load_separator()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--perturbations", type=int, default=1_000)
    options = parser.parse_args()
    folder = assets_folder() / "examples" / EXAMPLES[0]
    rows: list[tuple[str, Measure, str]] = []
    with measured() as measure:
        decode_audio(folder / "mix.ogg")
    rows.append(("Decoding", measure, ""))
    with measured() as measure:
        predictor, separator = load()
    rows.append(("Loading models", measure, ""))
    song = song_of_120_words()
    watches = []
    totals = []
    for _ in range(2):
        watch = Stopwatch()
        with measured() as total:
            explain_song(
                song,
                predictor,
                separator=separator,
                n_perturbations=options.perturbations,
                progress=watch,
            )
        watches.append(watch)
        totals.append(total)
    first, again = watches
    rows += [(stage, first.stages[stage], f"{again.stages[stage].seconds:.2f}") for stage in STAGES]
    highest = max(measure.peak_mb for measure in first.stages.values())
    whole = Measure(totals[0].seconds, highest)
    rows.append(("Explaining in all", whole, f"{totals[1].seconds:.2f}"))
    print_table(
        f"30 s of audio, {N_WORDS} words, {options.perturbations} perturbations",
        ("stage", "first (s)", "again (s)", "peak memory (MB)"),
        [
            (name, f"{measure.seconds:.2f}", again_s, f"{measure.peak_mb:.0f}")
            for name, measure, again_s in rows
        ],
    )


if __name__ == "__main__":
    main()
