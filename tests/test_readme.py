"""The README is true: its commands run in a fresh clone, and every command is in it."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from musiclime_core.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROCESS = {"capture_output": True, "text": True, "timeout": 600}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


COMMANDS = [line for block in blocks("bash") for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """What git holds, and nothing else."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("fresh") / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True, **PROCESS)
    return folder


def in_clone(clone: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(clone), "COLUMNS": "100"}
    return subprocess.run([sys.executable, *arguments], cwd=clone, env=environment, **PROCESS)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(clone, command):
    program, *arguments = shlex.split(command)
    assert program == "musiclime"
    done = in_clone(clone, ["-m", "musiclime_core", *arguments])
    assert done.returncode == 0, done.stderr
    if "explain" in arguments:
        assert "Heavy music (85%), mainly because of" in done.stdout


@pytest.mark.slow
def test_library_example_runs(clone):
    (code,) = blocks("python")
    done = in_clone(clone, ["-c", code])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Folk (")
    assert len(done.stdout.splitlines()) == 6


def test_the_two_commands_are_real():
    for target in ("explore", "test"):
        assert f"    make {target}\n" in README
        done = subprocess.run(["make", "-n", target], cwd=ROOT, check=True, **PROCESS)
        assert "requirements.txt" in done.stdout or ".venv/bin/" in done.stdout


def test_every_command_is_shown():
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"musiclime {command.callback.__name__}" in README


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target
