"""Settings from the environment: what they may say, and how they complain."""

from pathlib import Path

import pytest

from monitor.environment import SettingError, read_bool, read_choice, read_int, read_list, read_text


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.environment.REGISTRY", {})


def test_a_default_holds_where_nothing_is_set() -> None:
    assert read_text("X_TEXT", "abc", "") == "abc"
    assert read_int("X_INT", 7, "") == 7
    assert read_bool("X_BOOL", True, "") is True
    assert read_list("X_LIST", "a, b,,", "") == ["a", "b"]


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("X_KEY_FILE", str(tmp_path / "key"))
    assert read_text("X_KEY", "", "") == "from the file"


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_KEY_FILE", "/nowhere/key")
    with pytest.raises(SettingError, match="X_KEY_FILE=/nowhere/key"):
        read_text("X_KEY", "", "")


@pytest.mark.parametrize(
    ("value", "says"), [("many", "not a whole number"), ("0", "from 1 to 9"), ("10", "from 1 to 9")]
)
def test_numbers_are_bounded(monkeypatch: pytest.MonkeyPatch, value: str, says: str) -> None:
    monkeypatch.setenv("X_INT", value)
    with pytest.raises(SettingError, match=says):
        read_int("X_INT", 5, "", least=1, most=9)


def test_words_are_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_WORD", "perhaps")
    with pytest.raises(SettingError, match="neither yes nor no"):
        read_bool("X_WORD", False, "")
    with pytest.raises(SettingError, match="always, never"):
        read_choice("X_WORD", "always", ("always", "never"), "")
