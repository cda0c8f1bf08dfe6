"""Whose address counts behind proxies."""

from typing import Any

from ingest.locate import client_address, hash_client


def test_forwarded_addresses_are_not_believed_by_default() -> None:
    assert client_address("192.0.2.1", {"x-forwarded-for": "198.51.100.7"}) == "192.0.2.1"


def test_the_nth_from_the_right_counts_behind_n_proxies(settings: Any) -> None:
    settings.FARSIDE_TRUSTED_PROXIES = 2
    headers = {"x-forwarded-for": "10.9.9.9 (forged), 198.51.100.7, 192.0.2.8"}
    assert client_address("192.0.2.1", headers) == "198.51.100.7"
    assert client_address("192.0.2.1", {}) == "192.0.2.1"


def test_hashes_differ_by_project_and_client() -> None:
    hashes = {hash_client(*one) for one in [(1, "a", "x"), (2, "a", "x"), (1, "b", "x"), (1, "a", "y")]}
    assert len(hashes) == 4
