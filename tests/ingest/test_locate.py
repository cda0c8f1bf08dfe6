"""Whose address counts behind proxies, and what MMDB files tell of it."""

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from ingest import locate as module
from ingest.locate import client_address, hash_client, locate
from monitor.batch import Place

MMDB = Path(__file__).parent.parent / "payloads" / "mmdb"


def test_forwarded_addresses_are_not_believed_by_default() -> None:
    assert client_address("192.0.2.1", {"x-forwarded-for": "198.51.100.7"}) == "192.0.2.1"


def test_the_nth_from_the_right_counts_behind_n_proxies(settings: Any) -> None:
    settings.FARSIDE_TRUSTED_PROXIES = 2
    headers = {"x-forwarded-for": "10.9.9.9 (forged), 198.51.100.7, 192.0.2.8"}
    assert client_address("192.0.2.1", headers) == "198.51.100.7"
    assert client_address("192.0.2.1", {}) == "192.0.2.1"


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:DB8::0:1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "192.0.2.1"),
        ("[", "192.0.2.1"),
    ],
)
def test_an_address_has_one_spelling(settings: Any, hop: str, address: str) -> None:
    settings.FARSIDE_TRUSTED_PROXIES = 1
    assert client_address("192.0.2.1", {"x-forwarded-for": hop}) == address


def test_a_peer_that_is_no_address_stays(settings: Any) -> None:
    assert client_address("unix:", {}) == "unix:"


def test_hashes_differ_by_project_and_client() -> None:
    hashes = {hash_client(*one) for one in [(1, "a", "x"), (2, "a", "x"), (1, "b", "x"), (1, "a", "y")]}
    assert len(hashes) == 4


def use(settings: Any, *paths: Path) -> None:
    settings.FARSIDE_MMDB = [str(path) for path in paths]
    module._atlas = None


def test_without_a_file_nothing_is_told(settings: Any) -> None:
    use(settings)
    assert locate("203.0.113.9") is None


@pytest.mark.parametrize(
    ("files", "address", "place"),
    [
        (["asn", "city"], "203.0.113.9", Place(64496, "Example Net", "DE", "Bavaria")),
        (["city", "asn"], "2001:db8::7", Place(64497, "Example Six", "FR", "BRE")),
        (["asn"], "203.0.113.9", Place(64496, "Example Net")),
        (["lite"], "203.0.113.9", Place(64498, "Example Lite", "DE")),
        (["lite", "city"], "203.0.113.9", Place(64498, "Example Lite", "DE", "Bavaria")),
        (["lite", "city"], "2001:db8::7", Place(0, "", "FR", "BRE")),
    ],
)
def test_files_of_every_source_complete_each_other(settings: Any, files: list[str], address: str, place: Place) -> None:
    use(settings, *(MMDB / f"{name}.mmdb" for name in files))
    assert locate(address) == place


@pytest.mark.parametrize("address", ["198.51.100.1", "", "unix:", "203.0.113.9\x00", "9" * 1000, "fe80::1%eth0"])
def test_what_no_file_knows_has_no_place(settings: Any, address: str) -> None:
    use(settings, MMDB / "asn.mmdb", MMDB / "lite.mmdb")
    assert locate(address) is None


def test_a_file_that_cannot_be_used_is_logged_once(settings: Any, tmp_path: Path, caplog: Any) -> None:
    (tmp_path / "text.mmdb").write_text("not a database")
    use(settings, tmp_path / "missing.mmdb", tmp_path / "text.mmdb", tmp_path, MMDB / "asn.mmdb")
    with caplog.at_level(logging.WARNING):
        assert [locate(f"203.0.113.{last}").asn for last in (1, 2)] == [64496, 64496]  # type: ignore[union-attr]
    assert len(caplog.records) == 3
    assert "missing.mmdb cannot be used" in caplog.text


def test_a_damaged_record_is_logged_once(settings: Any, tmp_path: Path, caplog: Any) -> None:
    whole = (MMDB / "asn.mmdb").read_bytes()
    start = whole.index(b"autonomous_system_number") - 2
    (tmp_path / "asn.mmdb").write_bytes(whole[:start] + b"\xff" * 40 + whole[start + 40 :])
    use(settings, tmp_path / "asn.mmdb", MMDB / "city.mmdb")
    with caplog.at_level(logging.WARNING):
        assert [locate(f"203.0.113.{last}").country for last in (1, 2)] == ["DE", "DE"]  # type: ignore[union-attr]
    assert [record.getMessage().count("is damaged") for record in caplog.records] == [1]


def test_a_replaced_file_is_opened_anew(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "places.mmdb"
    use(settings, path)
    assert locate("203.0.113.9") is None
    shutil.copy(MMDB / "asn.mmdb", path)
    assert locate("203.0.113.9") is None
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0)
    assert locate("203.0.113.9") == Place(64496, "Example Net")
