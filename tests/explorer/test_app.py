"""The Explorer in a real browser: seen, heard, waited for, cancelled and reloaded."""

import json

import numpy as np
import pytest

from explorer.analysis import example_slugs, load_example
from musiclime_core.digest import summary
from musiclime_core.encoding import write_audio
from musiclime_core.song import Audio

pytestmark = pytest.mark.browser


def loudness(page) -> float:
    return page.locator(".player").evaluate("element => element.player.loudness()")


def playing(page) -> str:
    return page.locator(".player").get_attribute("data-playing") or ""


def heard(page, name: str) -> float:
    """Loudness once something sounds, within ten seconds."""
    for _ in range(100):
        level = loudness(page)
        if level > 1e-4:
            assert playing(page) == name
            return level
        page.wait_for_timeout(100)
    pytest.fail(f"{name} makes no sound")


def fill_form(page, address, *, audio=None, lyrics="", name="song.ogg"):
    page.goto(f"{address}/explain")
    page.get_by_role("heading", name="Explain my song").wait_for()
    if audio is not None:
        file = {"name": name, "mimeType": "audio/ogg", "buffer": audio}
        page.locator("input[type=file]").first.set_input_files(file)
        hint = page.locator("[data-testid=stFileUploader]").first.get_by_text("per file")
        hint.wait_for(state="detached")
    if lyrics:
        page.get_by_label("Or paste the lyrics").fill(lyrics)
        page.keyboard.press("Tab")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Explain", exact=True).click()


def test_landing_explains_a_song_without_a_click(landing):
    analysis = load_example(example_slugs()[0])
    explanation = analysis.explanation
    sure = f"{explanation.score(explanation.predicted):.0%} sure"
    landing.get_by_text(sure).wait_for()
    landing.get_by_text(summary(explanation)).wait_for()
    cells = landing.locator(".player .cell")
    assert cells.count() == 40
    top = explanation.top(explanation.predicted, 1, modality="audio")[0]
    label = cells.nth(list(explanation.units).index(top.unit)).get_attribute("aria-label")
    assert f"{top.unit.source} " in label
    assert f"supports heavy music by +{top.weight:.3f}" in label
    word = explanation.top(explanation.predicted, 1, modality="lyrics")[0]
    mark = landing.locator(".lyrics mark", has_text=word.unit.name).first
    assert f"+{word.weight:.3f}" in mark.get_attribute("aria-label")
    assert "underline" in mark.evaluate("mark => getComputedStyle(mark).textDecorationLine")
    assert landing.locator(".lyrics").inner_text().split() == explanation.lyrics_text.split()


def test_a_cell_plays_its_source_and_stops(landing):
    cell = landing.locator(".player .cell").nth(10 + 2)  # drums, third segment
    cell.click()
    assert heard(landing, "cell 1 2") > 1e-3
    landing.wait_for_timeout(4_000)
    assert playing(landing) == ""
    assert loudness(landing) == 0


def test_what_mattered_the_whole_and_mute_are_heard(landing):
    landing.get_by_role("button", name="Play what mattered").click()
    heard(landing, "mattered")
    landing.get_by_role("button", name="Whole song").click()
    whole = heard(landing, "song")
    for source in ("vocals", "drums", "bass", "other"):
        landing.get_by_role("button", name=f"Mute {source}").click()
    landing.wait_for_timeout(800)
    assert loudness(landing) < whole / 100
    pressed = landing.get_by_role("button", name="Mute drums").get_attribute("aria-pressed")
    assert pressed == "true"
    landing.get_by_role("button", name="Whole song").click()
    assert playing(landing) == ""


def test_cells_are_reached_by_arrow_keys(landing):
    landing.locator(".player .cell").first.focus()
    landing.keyboard.press("ArrowRight")
    landing.keyboard.press("ArrowDown")
    assert "drums 0:03–0:06" in landing.locator(".player .status").inner_text()
    landing.keyboard.press("Enter")
    heard(landing, "cell 1 1")


def test_another_class_recolours_the_same_song(landing):
    before = landing.locator(".player .cell").nth(12).get_attribute("aria-label")
    landing.get_by_role("combobox").click()
    landing.get_by_role("option", name="punk").click()
    landing.get_by_text("Punk (").wait_for()
    landing.wait_for_function(
        "text => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector("
        '\'.player .cell[data-row="1"][data-k="2"]\')?.ariaLabel.includes(text))',
        arg="punk",
    )
    assert landing.locator(".player .cell").nth(12).get_attribute("aria-label") != before


def test_examples_are_linked_and_exported(page, address):
    page.goto(f"{address}/?song=Coherence")
    page.get_by_text("Max McCracken – Coherence").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    record = json.loads(download.value.path().read_text())
    assert record["predicted"] == "electronic"
    assert record["schema_version"] == 1


@pytest.mark.parametrize("page", [400], indirect=True)
@pytest.mark.parametrize("path", ["", "explain", "?song=Coherence"])
def test_nothing_overflows_on_a_phone(page, address, path):
    page.goto(f"{address}/{path}")
    page.locator("h1").wait_for()
    if path != "explain":
        page.locator(".player .cell").first.wait_for()
        cell = page.locator(".player .cell").first.bounding_box()
        assert cell["width"] >= 24
        assert cell["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.slow
def test_an_upload_is_explained_and_survives_a_reload(page, address, song_files):
    audio = song_files["mp3"].read_bytes()
    payload = "<img src=x onerror='window.fired=1'> neon [lights](javascript:window.fired=1)"
    fill_form(
        page, address, audio=audio, lyrics=payload, name="<b onclick=window.fired=1>song<b>.mp3"
    )
    page.get_by_role("button", name="Cancel").wait_for()
    page.wait_for_url("**job=*")
    page.reload()
    page.get_by_role("button", name="Cancel").wait_for()
    page.get_by_text("left", exact=False).first.wait_for()
    page.get_by_text("% sure").wait_for(timeout=180_000)
    page.get_by_text("Electronic, ").wait_for()
    page.locator(".player .cell").nth(3).click()  # two stretches of 3 s: drums, the second
    heard(page, "cell 1 1")
    assert "<img src=x" in page.locator(".lyrics").inner_text()
    page.reload()
    page.get_by_text("% sure").wait_for()
    assert page.evaluate("window.fired") is None
    page.get_by_role("button", name="Explain another song").click()
    page.get_by_role("button", name="Explain", exact=True).wait_for()


@pytest.mark.slow
def test_a_job_is_cancelled_and_the_next_one_runs(page, address, tmp_path):
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, 44_100 * 60))
    write_audio(Audio(noise.astype(np.float32), 44_100), tmp_path / "long.ogg")
    fill_form(page, address, audio=(tmp_path / "long.ogg").read_bytes(), name="long.ogg")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled. Nothing was kept.").wait_for(timeout=60_000)
    page.get_by_role("button", name="Explain another song").click()
    fill_form(page, address, lyrics="blood and fire and the cold grave")
    page.get_by_text("Heavy music, ").wait_for(timeout=120_000)
    page.locator(".lyrics mark").first.wait_for()
    assert page.locator(".player .cell").count() == 0
    assert page.locator(".lyrics mark").count() == 7


def test_what_cannot_be_used_is_said_plainly(page, address):
    page.goto(f"{address}/explain")
    page.get_by_role("button", name="Explain", exact=True).click()
    page.get_by_text("Choose a recording or lyrics first.").wait_for()
    fill_form(page, address, audio=b"no song at all, only text", name="fake.ogg")
    page.get_by_text("Give a WAV, FLAC, OGG, MP3 or M4A file.").wait_for(timeout=120_000)
    page.goto(f"{address}/explain?job=made-up")
    page.get_by_text("no longer kept here").wait_for()
