"""Reads every setting from the environment, with its default and its meaning in one registry."""

import os
from dataclasses import dataclass
from pathlib import Path


class SettingError(Exception):
    """A setting has a value that cannot be used; the text says which, what it was and what to write instead."""


@dataclass(frozen=True)
class Setting:
    """One row of the table in docs/settings.md."""

    name: str
    default: str
    meaning: str


REGISTRY: dict[str, Setting] = {}
FLAGS = {
    "--data": "FARSIDE_DATA",
    "--host": "FARSIDE_LISTEN",
    "--port": "FARSIDE_PORT",
    "--url": "FARSIDE_URL",
    "--workers": "FARSIDE_WORKERS",
}
"""Flags of the commands and the setting that each stands for."""


def read_text(name: str, default: str, meaning: str) -> str:
    """Return the setting's text; `NAME_FILE` names a file that holds it (for secrets mounted by an orchestrator)."""
    REGISTRY[name] = Setting(name, default, meaning)
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(
                f"{name}_FILE={path}: cannot be read ({error.strerror}); name a readable file"
            ) from error
    return os.environ.get(name, default)


def read_int(name: str, default: int, meaning: str, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """Return the setting as a whole number between `least` and `most`."""
    text = read_text(name, str(default), meaning)
    try:
        number = int(text)
    except ValueError:
        raise SettingError(f"{name}={text!r} is not a whole number; write one from {least} to {most}") from None
    if not least <= number <= most:
        raise SettingError(f"{name}={number} is out of range; write a whole number from {least} to {most}")
    return number


def read_bool(name: str, default: bool, meaning: str) -> bool:
    """Return the setting as yes or no."""
    text = read_text(name, "yes" if default else "no", meaning)
    words = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    try:
        return words[text.strip().lower()]
    except KeyError:
        raise SettingError(f"{name}={text!r} is neither yes nor no; write one of them") from None


def read_choice(name: str, default: str, choices: tuple[str, ...], meaning: str) -> str:
    """Return the setting as one of `choices`."""
    text = read_text(name, default, meaning)
    if text not in choices:
        raise SettingError(f"{name}={text!r} is not known; write one of {', '.join(choices)}")
    return text


def read_list(name: str, default: str, meaning: str) -> list[str]:
    """Return the setting's comma-separated parts, empty ones left out."""
    return [part.strip() for part in read_text(name, default, meaning).split(",") if part.strip()]
