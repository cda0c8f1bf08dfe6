"""docs/settings.md and the code name the same settings, with the same defaults and meanings."""

import re
from pathlib import Path

from django.conf import settings

from monitor.environment import FLAGS, REGISTRY

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?:`(?P<default>[^`]+)`|—) \| (?P<meaning>.+?) \|$", re.MULTILINE)
TEXT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_the_table_says_what_the_code_does() -> None:
    assert settings.configured
    documented = {row["name"]: (row["default"] or "", row["meaning"]) for row in ROW.finditer(TEXT)}
    assert documented == {setting.name: (setting.default, setting.meaning) for setting in REGISTRY.values()}


def test_every_flag_is_told_with_its_setting() -> None:
    for flag, name in FLAGS.items():
        assert re.search(rf"`{flag}`[^\n]*`{name}`", TEXT), f"{flag} stands for {name}: say so in docs/settings.md"


def test_no_other_name_is_told() -> None:
    named = set(re.findall(r"\b(?:FARSIDE|DATABASE|REDIS)_[A-Z_]+\b", TEXT))
    assert {name.removesuffix("_FILE") for name in named} <= REGISTRY.keys()
