"""The server keeps to this machine, asks nothing, and uses the one configuration file."""

import os
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

from explorer.launch import _options


def test_settings_become_options():
    options = _options()
    assert "--server.address=localhost" in options
    assert "--server.maxUploadSize=50" in options
    assert "--browser.gatherUsageStats=false" in options


def test_a_first_start_in_an_empty_home_asks_nothing(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment["HOME"] = str(tmp_path)
    command = [sys.executable, "-m", "musiclime_core", "explorer", "--port", str(port)]
    server = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        assert _healthy(f"http://localhost:{port}/_stcore/health")
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def _healthy(address, patience_s=60):
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        try:
            return urlopen(address).read() == b"ok"
        except URLError:
            time.sleep(0.3)
    return False
