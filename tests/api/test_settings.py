from pathlib import Path

import pytest

from api.settings import Settings, load_settings, settings_page
from sea.errors import BadInputError

DOCS = Path(__file__).parents[2] / "docs"


def test_the_docs_list_every_setting_as_it_is():
    assert (DOCS / "settings.md").read_text("utf-8") == settings_page(), (
        "regenerate: .venv/bin/python -m api.settings > docs/settings.md"
    )
    assert all(f.description for f in Settings.model_fields.values())


def test_a_setting_comes_from_the_environment_and_an_option_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("SAFEPASSAGE_PORT", "9000")
    monkeypatch.setenv("SAFEPASSAGE_RELEASABLE_TO", '["MX", "US"]')
    monkeypatch.setenv("SAFEPASSAGE_DATA_DIR", "~/here")
    settings = load_settings(port=9001, host=None)
    assert settings.port == 9001
    assert settings.host == "127.0.0.1"
    assert settings.releasable_to == ("MX", "US")
    assert settings.data_dir == Path("~/here").expanduser()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("NATION", "mexico"),
        ("PUBLIC_URL", "https://a/path"),
        ("RELEASABLE_TO", '["x"]'),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"SAFEPASSAGE_{name}", value)
    with pytest.raises(BadInputError, match=f"SAFEPASSAGE_{name}"):
        load_settings()
