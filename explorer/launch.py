"""Start the Explorer as a server of its own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

__all__ = ["serve"]


def serve(*, port: int = 8501, open_browser: bool = True) -> int:
    """Serve the Explorer until interrupted.

    Parameters
    ----------
    port : int
        Port on this machine.
    open_browser : bool
        Whether to open a browser window.

    Returns
    -------
    int
        Exit code of the server; 0 after Ctrl-C.
    """
    folder = Path(__file__).parent
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "app.py"), *_options()]
    command += ["--server.port", str(port)]
    if not open_browser:  # otherwise Streamlit opens one wherever there is a display
        command += ["--server.headless", "true"]
    server = subprocess.Popen(command)  # noqa: S603 - our own program
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        return 0


def _options() -> list[str]:
    """Settings of the configuration file as options, wherever the command is run from."""
    folder = Path(__file__).parent
    candidates = (folder / "config.toml", folder.parent / ".streamlit/config.toml")
    path = next(path for path in candidates if path.is_file())
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        f"--{section}.{key}={str(value).lower() if isinstance(value, bool) else value}"
        for section, settings in sections.items()
        for key, value in settings.items()
    ]
