"""The command line: explain, predict, tag and separate songs, and open the Explorer.

Results go to standard output, progress and messages to standard error. Exit codes:
0 done, 1 something unforeseen, 2 what was given cannot be used, 3 weights or a package
are missing, 130 cancelled.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from typer.exceptions import TyperException

from musiclime_core.errors import (
    Cancelled,
    InputError,
    MissingPackageError,
    MusicLimeError,
    ParameterError,
    WeightsError,
)
from musiclime_core.explanation import LYRICS, Explanation
from musiclime_core.predictors import PREDICTORS
from musiclime_core.predictors.labels import MSD_TAGS, TASKS
from musiclime_core.progress import SEPARATING, Progress, Ticker
from musiclime_core.separation import SEPARATORS

if TYPE_CHECKING:
    from musiclime_core.components import Components
    from musiclime_core.separation import Stems
    from musiclime_core.song import Song

__all__ = ["app", "main"]

app = typer.Typer(
    name="musiclime",
    help="Hear and read why a music classifier decided as it did.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
messages = Console(stderr=True, highlight=False)

UNFORESEEN, UNUSABLE, MISSING, CANCELLED = 1, 2, 3, 130
SOUNDS = "wav"

# Written out, so that help lists them and the shell completes them; a test keeps them true.
Model = Literal["bundled", "musicnn"]
Task = Literal["genre"]
SeparatorName = Literal["spleeter", "hpss"]
Modality = Literal["both", "audio", "lyrics"]
Mode = Literal["corrected", "authors"]
Unit = Literal["words", "occurrences", "lines", "sections"]
Encoding = Literal["wav", "flac", "ogg"]


def _known_labels() -> list[str]:
    return [*dict.fromkeys(label for labels in (*TASKS.values(), MSD_TAGS) for label in labels)]


SongFile = Annotated[
    Path,
    typer.Argument(
        metavar="SONG",
        help="WAV, FLAC, OGG, MP3 or M4A; up to 15 minutes and 50 MB.",
        dir_okay=True,
    ),
]
LyricsFile = Annotated[
    Path | None,
    typer.Option("--lyrics", metavar="FILE", help="Plain text or .lrc, in any encoding."),
]
ModelName = Annotated[Model, typer.Option("--model", help="Which classifier to ask.")]
TaskName = Annotated[Task, typer.Option("--task", help="What the bundled model predicts.")]
Splitter = Annotated[
    SeparatorName, typer.Option("--separator", help="How instruments are separated.")
]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write JSON here; [bold]-[/] is standard output."),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command()
def explain(
    song: SongFile,
    lyrics: LyricsFile = None,
    model: ModelName = "bundled",
    task: TaskName = "genre",
    modality: Annotated[
        Modality, typer.Option("--modality", help="What is switched off to see its effect.")
    ] = "both",
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="NAME",
            help="Explain this label; repeat for more. All by default.",
            autocompletion=_known_labels,
        ),
    ] = None,
    perturbations: Annotated[
        int, typer.Option("--perturbations", metavar="N", help="Perturbed copies to score.", min=2)
    ] = 1_000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", help="Same seed, same result.", min=0)
    ] = 0,
    separator: Splitter = "spleeter",
    segments: Annotated[
        int | None,
        typer.Option(
            "--segments",
            metavar="N",
            help="Equal stretches of time; by default 10, or one every 3 s of a short song.",
            min=1,
        ),
    ] = None,
    lyric_unit: Annotated[Unit, typer.Option("--lyric-unit", help="Unit of lyrics.")] = "words",
    mode: Annotated[
        Mode,
        typer.Option("--mode", help="'authors' repeats the arithmetic of the published notebook."),
    ] = "corrected",
    json_file: JsonFile = None,
    audio_dir: Annotated[
        Path | None,
        typer.Option(
            "--audio-dir",
            metavar="DIR",
            help="Write the original, the stems, what mattered and the rest as WAV.",
        ),
    ] = None,
) -> None:
    """Find which instruments, in which seconds, and which words decide.

    [dim]musiclime explain song.mp3 --lyrics song.lrc --audio-dir heard/[/]
    """
    from musiclime_core import explain_song, load_predictor, load_separator

    _check_target(json_file)
    made = _read_song(song, lyrics)
    with _progress() as progress:
        predictor = load_predictor(model, task=task)
        splitter, stems = load_separator(separator), None
        if made.audio is not None and (modality != LYRICS or audio_dir):
            stems = splitter.separate(made.audio, Ticker(progress, None)(SEPARATING))
        explanation = explain_song(
            made,
            predictor,
            separator=splitter,
            stems=stems,
            n_perturbations=perturbations,
            seed=seed,
            labels=label,
            modality=modality,
            mode=mode,
            lyric_unit=lyric_unit,
            n_segments=segments,
            progress=progress,
        )
    if audio_dir is not None and stems is not None:
        _write_sounds(explanation, stems, audio_dir)
    if json_file is None:
        from musiclime_core.tables import explanation_tables

        _print_all(explanation_tables(explanation))
    elif str(json_file) == "-":
        _print_json(explanation.to_json())
    else:
        explanation.save(json_file)
        messages.print(f"Wrote {json_file}", markup=False)


@app.command()
def predict(
    song: SongFile,
    lyrics: LyricsFile = None,
    model: ModelName = "bundled",
    task: TaskName = "genre",
    as_json: JsonFlag = False,
) -> None:
    """Score each label for a song, without explaining.

    [dim]musiclime predict song.mp3 --lyrics song.txt[/]
    """
    from musiclime_core import load_predictor
    from musiclime_core.tables import score_table

    made = _read_song(song, lyrics)
    with messages.status("Listening"):
        predictor = load_predictor(model, task=task)
        scores = predictor.predict([made])[0]
    _print_scores(predictor.labels, scores.tolist(), as_json, score_table)


@app.command()
def tags(song: SongFile, as_json: JsonFlag = False) -> None:
    """Print 50 tags of the Million Song Dataset, as the published musicnn has them.

    [dim]musiclime tags song.mp3 --json[/]
    """
    from musiclime_core.predictors.musicnn import MusicnnTagger
    from musiclime_core.tables import score_table

    audio = _read_song(song, None).audio
    assert audio is not None
    with messages.status("Listening"):
        scores = MusicnnTagger().taggram(audio).mean(axis=0)
    _print_scores(MSD_TAGS, scores.tolist(), as_json, score_table)


@app.command()
def separate(
    song: SongFile,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write the stems.")],
    separator: Splitter = "spleeter",
    encoding: Annotated[
        Encoding, typer.Option("--encoding", help="Format of the stems; wav is exact.")
    ] = "wav",
) -> None:
    """Separate a song into vocals, drums, bass and other.

    [dim]musiclime separate song.mp3 --out stems/[/]
    """
    from musiclime_core import load_separator

    audio = _read_song(song, None).audio
    assert audio is not None
    with _progress() as progress:
        splitter = load_separator(separator)
        stems = splitter.separate(audio, Ticker(progress, None)(SEPARATING))
    _write_stems(stems, _folder(out), encoding)


@app.command()
def models(as_json: JsonFlag = False) -> None:
    """List models and separators, and check that their weights are intact."""
    from musiclime_core.tables import weights_table
    from musiclime_core.weights import weights_state

    with messages.status("Checking weights"):
        states = weights_state()
    if as_json:
        _print_json(
            json.dumps({"models": [*PREDICTORS], "separators": [*SEPARATORS], "weights": states})
        )
    else:
        _print_all([weights_table(states)])
    if any(state["state"] != "intact" for state in states):
        raise typer.Exit(MISSING)


@app.command()
def explorer(
    port: Annotated[int, typer.Option("--port", help="Port.", min=1, max=65_535)] = 8501,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser window.")
    ] = True,
) -> None:
    """Open the Explorer, on this machine only, until Ctrl-C."""
    from explorer.launch import serve

    raise typer.Exit(serve(port=port, open_browser=browser))


def _read_song(path: Path, lyrics_path: Path | None) -> Song:
    """Decode a recording and read its lyrics."""
    from musiclime_core import Song, decode_audio, read_lyrics

    words = read_lyrics(lyrics_path) if lyrics_path else None
    with messages.status("Decoding"):
        audio = decode_audio(path)
    return Song(audio, words, title=path.stem)


def _folder(path: Path) -> Path:
    """Make a folder, or say why not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(f"cannot make the folder {path}: {error.strerror}.") from error
    return path


def _check_target(path: Path | None) -> None:
    """Refuse an unwritable place before the work, not after."""
    if path is not None and str(path) != "-" and not path.parent.is_dir():
        raise ParameterError(f"the folder {path.parent} is not there; make it first.")


def _write_stems(stems: Stems, folder: Path, encoding: str) -> None:
    from musiclime_core.encoding import write_audio

    for name in stems.names:
        write_audio(stems[name], folder / f"{name}.{encoding}")
        messages.print(f"Wrote {folder / name}.{encoding}", markup=False)


def _write_sounds(explanation: Explanation, stems: Stems, folder: Path) -> None:
    """Write the original, the stems, and both halves of what an explanation hears."""
    from musiclime_core.digest import mattered
    from musiclime_core.encoding import write_audio

    _write_stems(stems, _folder(folder), SOUNDS)
    write_audio(stems.mix, _folder(folder) / f"original.{SOUNDS}")
    if explanation.boundaries_s:
        mask = mattered(explanation, explanation.default_label)
        components = _components(explanation, stems)
        write_audio(components.render(mask, residual=False), folder / f"what-mattered.{SOUNDS}")
        write_audio(components.render(~mask, residual=True), folder / f"the-rest.{SOUNDS}")
        messages.print(f"Wrote original, what-mattered and the-rest in {folder}", markup=False)


def _components(explanation: Explanation, stems: Stems) -> Components:
    from musiclime_core import Components

    return Components(stems, explanation.boundaries_s)


def _print_all(parts: list[Any]) -> None:
    out = Console(highlight=False)
    for part in parts:
        out.print(part)


def _print_json(text: str) -> None:
    sys.stdout.write(text + "\n")


def _print_scores(
    labels: tuple[str, ...],
    scores: list[float],
    as_json: bool,
    table: Callable[[dict[str, float]], Any],
) -> None:
    named = dict(zip(labels, scores, strict=True))
    if as_json:
        _print_json(json.dumps(named, indent=1))
    else:
        _print_all([table(named)])


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Show stage, bar and time left on standard error."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:>22}"), BarColumn(), TaskProgressColumn())
    with Bars(*columns, TimeRemainingColumn(), console=messages, transient=True) as bars:
        bar = bars.add_task("Loading models", total=None)
        stage = ""

        def show(progress: Progress) -> None:
            nonlocal stage
            if progress.stage != stage:
                stage = progress.stage
                bars.reset(bar, total=1.0, description=stage)
            bars.update(bar, completed=progress.fraction)

        yield show


def _exit_code(error: BaseException) -> int:
    """Exit code of a failure, after one line on standard error."""
    if isinstance(error, KeyboardInterrupt | Cancelled | typer.Abort):
        messages.print("Cancelled; nothing was written.")
        return CANCELLED
    if isinstance(error, MusicLimeError):
        messages.print(f"Error: {error}", markup=False, soft_wrap=True)
        codes = {InputError: UNUSABLE, WeightsError: MISSING, MissingPackageError: MISSING}
        return next((code for kind, code in codes.items() if isinstance(error, kind)), UNFORESEEN)
    if isinstance(error, OSError):
        messages.print(f"Error: {error}.", markup=False, soft_wrap=True)
        return UNUSABLE
    if os.environ.get("MUSICLIME_DEBUG"):
        raise error
    messages.print(
        f"Error: unforeseen {type(error).__name__}: {error}. "
        "Set MUSICLIME_DEBUG=1 to see where, and please report it.",
        markup=False,
        soft_wrap=True,
    )
    return UNFORESEEN


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; every failure is one line, never a traceback."""
    try:
        code = app(arguments, prog_name="musiclime", standalone_mode=False)
    except TyperException as error:
        code = error.exit_code
        if message := error.format_message().strip():  # empty after the help without arguments
            messages.print(f"Error: {message} See --help.", markup=False, soft_wrap=True)
    except BrokenPipeError:
        code = 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place to say it
        code = _exit_code(error)
    sys.exit(code)
