"""The server keeps to this machine, with the settings of the one configuration file."""

from explorer.launch import _options


def test_settings_become_options():
    options = _options()
    assert "--server.address=localhost" in options
    assert "--server.maxUploadSize=50" in options
    assert "--browser.gatherUsageStats=false" in options
