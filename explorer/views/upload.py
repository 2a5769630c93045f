"""Explain my song: upload, wait with progress and cancel, see the result."""

from __future__ import annotations

from pathlib import PurePath

import streamlit as st

from explorer.analysis import Analysis, Request
from explorer.jobs import BusyError, Job, JobState
from explorer.resources import queue, submit
from explorer.views import result

__all__ = ["page"]

AUDIO_TYPES = ["wav", "flac", "ogg", "mp3", "m4a"]
LYRICS_TYPES = ["txt", "lrc"]


def page() -> None:
    """Show the form, or the job whose id the address holds."""
    st.title("Explain my song")
    job_id = st.query_params.get("job", "")
    if not job_id:
        _form()
        return
    job = queue().find(job_id)
    if job is None:
        st.info("This result is no longer kept here. Upload the song again to explain it.")
        _again()
    elif not job.is_over:
        _wait(job.id)
    else:
        _over(job)


def _form() -> None:
    """Ask for a song; limits are said before they bite."""
    st.write(
        "A recording, its lyrics, or both. Files stay on this machine, in memory, and are "
        "gone when the server stops."
    )
    with st.form("song", border=False):
        audio = st.file_uploader(
            "Recording: up to 15 minutes and 50 MB; the model hears all of it",
            type=AUDIO_TYPES,
            key="audio",
        )
        words = st.file_uploader(
            "Lyrics, if there are any: plain text or .lrc, up to 1 MB",
            type=LYRICS_TYPES,
            key="words",
            max_upload_size=1,
        )
        pasted = st.text_area("Or paste the lyrics", key="pasted", max_chars=20_000, height=120)
        with st.expander("Settings"):
            n_perturbations = st.select_slider(
                "Perturbed copies: more take longer and leave less to chance",
                [300, 1_000, 3_000],
                value=1_000,
                key="copies",
            )
            n_segments = st.selectbox(
                "Stretches of time",
                [None, 5, 10, 20, 40],
                format_func=lambda n: str(n or "automatic: 10, or one every 3 s of a short song"),
                key="segments",
            )
            modality = st.segmented_control(
                "What is switched off",
                ["both", "audio", "lyrics"],
                default="both",
                required=True,
                key="modality",
            )
        started = st.form_submit_button("Explain", type="primary")
    if not started:
        return
    lyrics = words.getvalue() if words else pasted.encode()
    if not audio and not lyrics.strip():
        st.error("Choose a recording or lyrics first.")
        return
    name = PurePath(audio.name).stem if audio else "Lyrics"
    request = Request(
        audio=audio.getvalue() if audio else b"",
        lyrics=lyrics,
        name=name,
        modality=str(modality),
        n_perturbations=int(n_perturbations),
        n_segments=n_segments,
    )
    try:
        st.query_params["job"] = submit(request)
    except BusyError as error:
        st.warning(_sentence(str(error)))
        return
    st.rerun()


@st.fragment(run_every=1)
def _wait(job_id: str) -> None:
    """Show progress until the job is over; a reload finds it again by its address."""
    job = queue().find(job_id)
    if job is None or job.is_over:
        st.rerun()
    if job.state is JobState.WAITING:
        n = queue().n_before(job)
        st.progress(0.0, f"Waiting: {n} {'song' if n == 1 else 'songs'} before this one")
    else:
        st.progress(job.fraction, f"{job.stage or 'Loading models'} · {_time_left(job)}")
    st.caption("You can reload this page or come back to its address later.")
    if st.button("Cancel", key="cancel"):
        queue().cancel(job)


def _time_left(job: Job[Analysis]) -> str:
    left_s = job.time_left_s
    if left_s is None:
        return "estimating the time left"
    if left_s < 60:
        return f"about {max(1, round(left_s))} s left"
    return f"about {round(left_s / 60)} min left"


def _over(job: Job[Analysis]) -> None:
    """Show what came of a job."""
    if job.state is JobState.DONE and job.result is not None:
        result.show(job.result, key=job.id)
    elif job.state is JobState.CANCELLED:
        st.info("Cancelled. Nothing was kept.")
    else:
        st.error(_sentence(job.message))
    _again()


def _again() -> None:
    if st.button("Explain another song", key="again"):
        del st.query_params["job"]
        st.rerun()


def _sentence(message: str) -> str:
    """Escape markdown in a message and begin it with a capital."""
    plain = "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|~<>$:" else c for c in message)
    return plain[:1].upper() + plain[1:]
