"""The command line on real songs: results on standard output, one line for every failure."""

import json
import os
import subprocess
import sys
import typing

import numpy as np
import pytest
import soundfile

from musiclime_core import cli
from musiclime_core.decoding import decode_audio
from musiclime_core.encoding import ENCODINGS
from musiclime_core.explain import MODES
from musiclime_core.explanation import MODALITIES, Explanation
from musiclime_core.lyrics import LYRIC_UNITS
from musiclime_core.predictors import PREDICTORS, load_predictor
from musiclime_core.predictors.labels import TASKS
from musiclime_core.separation import SEPARATORS
from musiclime_core.song import Song


def run(capfd, *arguments) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command, in this process."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as stop:
        cli.main([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    return stop.value.code or 0, out, err


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "m4a"])
def test_explains_every_format_and_starts_from_the_song_itself(capfd, song_files, kind):
    code, out, _ = run(
        capfd, "explain", song_files[kind], "--perturbations", 40, "--segments", 2, "--json", "-"
    )
    assert code == 0
    explanation = Explanation.from_json(out)
    song = Song(decode_audio(song_files[kind]))
    scores = load_predictor().predict([song])[0]
    np.testing.assert_allclose(explanation.scores, scores, atol=1e-4)
    assert explanation.predicted == "electronic"
    assert len(explanation.units) == 8


def test_explain_prints_a_sentence_and_writes_what_is_asked(capfd, song_files, tmp_path):
    lyrics = tmp_path / "words.lrc"
    lyrics.write_text("[00:01.00]neon lights\n[00:02.00]and [bold]bass")
    heard = tmp_path / "heard"
    code, out, err = run(
        capfd,
        *("explain", song_files["ogg"], "--lyrics", lyrics, "--audio-dir", heard),
        *("--perturbations", 60, "--separator", "hpss", "--segments", 2),
    )
    assert code == 0
    assert "Electronic (" in out
    assert "supports" in out
    assert "Traceback" not in err
    names = {path.name for path in heard.iterdir()}
    stems = {"drums.wav", "bass.wav", "other.wav"}  # hpss has no vocals
    assert names == stems | {"original.wav", "what-mattered.wav", "the-rest.wav"}
    sounds = {name: soundfile.read(heard / name, dtype="float32")[0] for name in names}
    whole = sounds["what-mattered.wav"] + sounds["the-rest.wav"]
    np.testing.assert_allclose(whole, sounds["original.wav"], atol=1e-5)


def test_explains_one_label_by_words_alone(capfd, song_files, tmp_path):
    lyrics = tmp_path / "words.txt"
    lyrics.write_text("blood and fire in hell")
    target = tmp_path / "out.json"
    code, out, _ = run(
        capfd,
        *("explain", song_files["wav"], "--lyrics", lyrics, "--modality", "lyrics"),
        *("--label", "heavy music", "--json", target, "--perturbations", 40),
    )
    assert (code, out) == (0, "")
    explanation = Explanation.from_json(target.read_text())
    assert explanation.explained == ("heavy music",)
    assert {unit.modality for unit in explanation.units} == {"lyrics"}


def test_same_seed_gives_the_same_bytes_in_two_processes(song_files):
    command = [sys.executable, "-m", "musiclime_core", "explain", str(song_files["mp3"])]
    command += ["--perturbations", "30", "--separator", "hpss", "--segments", "2", "--json", "-"]
    runs = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2)]
    assert runs[0] == runs[1]


def test_predict_and_tags_print_every_label(capfd, song_files):
    code, out, _ = run(capfd, "predict", song_files["flac"], "--json")
    assert code == 0
    assert sum(json.loads(out).values()) == pytest.approx(1, abs=1e-5)
    code, out, _ = run(capfd, "predict", song_files["flac"])
    assert out.splitlines()[0].startswith("electronic")
    code, out, _ = run(capfd, "tags", song_files["flac"], "--json")
    assert len(json.loads(out)) == 50
    assert max(json.loads(out).items(), key=lambda item: item[1])[0] == "electronic"


def test_separate_writes_stems_that_can_be_summed(capfd, song_files, real_song, tmp_path):
    code, _, _ = run(
        capfd, "separate", song_files["wav"], "--out", tmp_path / "s", "--separator", "hpss"
    )
    assert code == 0
    total = sum(soundfile.read(path, dtype="float32")[0] for path in (tmp_path / "s").iterdir())
    assert np.sqrt(((total.T - real_song.samples) ** 2).mean()) < 1e-3


def test_models_are_all_intact(capfd):
    code, out, _ = run(capfd, "models", "--json")
    assert code == 0
    assert {entry["state"] for entry in json.loads(out)["weights"]} == {"intact"}
    assert run(capfd, "models")[1].count("intact") == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"not a song at all", "WAV, FLAC, OGG, MP3 or M4A"),
        (None, "cannot be read"),
    ],
)
def test_bad_songs_give_one_line_and_exit_2(capfd, tmp_path, content, message):
    path = tmp_path / "bad.mp3"
    if content is not None:
        path.write_bytes(content)
    for command in (["explain", path], ["predict", path], ["tags", path]):
        code, out, err = run(capfd, *command)
        assert (code, out) == (2, "")
        assert message in err
        assert err.strip().count("\n") == 0


def bad_files(folder, real_song) -> dict[str, os.PathLike]:
    """One file for every way in which audio can be unusable."""
    sound = np.ascontiguousarray(real_song.samples.T)
    soundfile.write(folder / "short.wav", sound[:1000], 44_100)
    soundfile.write(folder / "long.flac", np.zeros(8_000 * 901), 8_000)
    broken = sound.copy()
    broken[100] = np.nan
    soundfile.write(folder / "nan.wav", broken, 44_100, subtype="FLOAT")
    soundfile.write(folder / "whole.wav", sound, 44_100)
    data = (folder / "whole.wav").read_bytes()
    (folder / "truncated.wav").write_bytes(data[: len(data) // 2])
    return {name: next(folder.glob(f"{name}.*")) for name in ("short", "long", "nan", "truncated")}


def test_every_bad_input_is_one_line_without_a_traceback(capfd, tmp_path, real_song):
    for path in bad_files(tmp_path, real_song).values():
        code, out, err = run(capfd, "explain", path)
        assert (code, out) == (2, ""), path
        assert err.startswith("Error: ")
        assert err.strip().count("\n") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lyrics", "{missing}"],
        ["--label", "polka"],
        ["--modality", "lyrics"],
        ["--json", "{missing}/x.json"],
        ["--separator", "magic"],
        ["--perturbations", "0"],
        ["--task", "weather"],
    ],
)
def test_bad_options_exit_2(capfd, song_files, tmp_path, arguments):
    given = [part.format(missing=tmp_path / "missing") for part in arguments]
    code, out, err = run(capfd, "explain", song_files["wav"], "--separator", "hpss", *given)
    assert (code, out) == (2, "")
    assert "Error" in err
    assert "Traceback" not in err


def test_help_teaches_and_loads_nothing_heavy():
    code = (
        "import sys\nfrom musiclime_core.cli import main\n"
        "try:\n    main(['explain', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'streamlit', 'librosa'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for option in ("--lyrics", "--task", "--modality", "--label", "--perturbations", "--seed"):
        assert option in done.stdout
    for option in ("--separator", "--segments", "--mode", "--json", "--audio-dir"):
        assert option in done.stdout


def test_choices_of_the_command_line_are_those_of_the_library():
    def choices(alias):
        return typing.get_args(alias)

    assert choices(cli.Model) == tuple(PREDICTORS)
    assert choices(cli.Task) == tuple(TASKS)
    assert choices(cli.SeparatorName) == tuple(SEPARATORS)
    assert choices(cli.Modality) == MODALITIES
    assert choices(cli.Mode) == MODES
    assert choices(cli.Encoding) == tuple(ENCODINGS)
    assert set(choices(cli.Unit)) == set(LYRIC_UNITS) - {"authors"}


def test_unforeseen_errors_say_how_to_see_more(capfd, monkeypatch, song_files):
    def broken(*_, **__):
        raise RuntimeError("boom")

    monkeypatch.setattr("musiclime_core.decoding.decode_audio", broken)
    monkeypatch.delenv("MUSICLIME_DEBUG", raising=False)
    code, _, err = run(capfd, "predict", song_files["wav"])
    assert code == 1
    assert "RuntimeError: boom" in err
    assert "MUSICLIME_DEBUG" in err
