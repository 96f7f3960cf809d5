from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "assistant.toml").write_text(text, encoding="utf-8")


def test_later_sources_win(folder):
    write(folder, "port = 1001\ntop_k = 11\nmodel = 'none'\n")
    environ = {"ASSISTANT_TOP_K": "12", "ASSISTANT_MODEL": "somebody/model", "PATH": "/bin"}
    settings = Settings.load({"model": "embedded", "device": None}, environ=environ)
    assert settings.port == 1001  # file over default
    assert settings.top_k == 12  # variable over file
    assert settings.model == "embedded"  # flag over variable
    assert settings.device == "auto"  # None is "not given"


def test_the_working_folder_is_the_home_of_the_index_when_it_has_one(folder):
    (folder / "index").mkdir()
    (folder / "corpus").mkdir()
    settings = Settings.load(environ={})
    assert (settings.corpus, settings.index) == (folder / "corpus", folder / "index")


def test_a_named_file_must_exist(folder):
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load(environ={}, file=folder / "missing.toml")


@pytest.mark.parametrize("text", ["port = ", "\xff\xfe", "[port"])
def test_a_broken_file_is_told(folder, text):
    (folder / "assistant.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"assistant\.toml cannot be read") as caught:
        Settings.load(environ={})
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("origin", "load"),
    [
        ("assistant.toml", lambda: Settings.load(environ={})),
        ("environment", lambda: Settings.load(environ={"ASSISTANT_PROT": "1"})),
        ("command line", lambda: Settings.load({"prot": 1}, environ={})),
    ],
)
def test_an_unknown_key_fails_and_the_known_are_listed(folder, origin, load):
    if origin == "assistant.toml":
        write(folder, "prot = 1\n")
    with pytest.raises(SettingsError, match="prot") as caught:
        load()
    assert origin in str(caught.value)
    assert "port" in caught.value.remedy


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", "eighty"),
        ("port", "7860.5"),
        ("port", True),
        ("port", -1),
        ("port", 65536),
        ("top_k", 0),
        ("top_k", 101),
        ("max_answer_tokens", 15),
        ("dense_weight", 1.01),
        ("strictness", "severe"),
        ("dense_weight", "nan"),
        ("open_browser", "perhaps"),
        ("model", 7),
    ],
)
def test_a_wrong_value_is_told_with_its_key(folder, key, value):
    with pytest.raises(SettingsError, match=key) as caught:
        Settings.load({key: value}, environ={})
    assert caught.value.remedy.startswith("Give ")


@pytest.mark.parametrize(
    ("name", "value", "key", "expected"),
    [
        ("ASSISTANT_PORT", "0", "port", 0),
        ("ASSISTANT_DENSE_WEIGHT", "1", "dense_weight", 1.0),
        ("ASSISTANT_OPEN_BROWSER", "Yes", "open_browser", True),
        ("ASSISTANT_OPEN_BROWSER", "0", "open_browser", False),
    ],
)
def test_variables_are_converted(folder, name, value, key, expected):
    assert getattr(Settings.load(environ={name: value}), key) == expected


def test_paths_become_absolute_and_know_the_home_folder(folder):
    environ = {"ASSISTANT_INDEX": "here/index", "ASSISTANT_CACHE": "~/models"}
    settings = Settings.load(environ=environ)
    assert settings.index == folder / "here" / "index"
    assert settings.cache == Path.home() / "models"


def test_the_readme_names_every_setting_with_its_default():
    readme = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
    table = readme.partition("## Settings")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^|`]*?)`? \|", table, re.MULTILINE))
    expected = {}
    for field in fields(Settings):
        default = field.default if isinstance(field.default, str | int | float) else None
        expected[field.name] = str(default).lower() if isinstance(default, bool) else default
    assert list(rows) == list(expected)
    for name, default in expected.items():
        if default is not None:
            assert rows[name] == (str(default) or "empty"), name
