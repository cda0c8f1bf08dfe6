"""The SDK's address."""

import base64
import hashlib

import pytest
from django.test import Client

from monitor.views.sdk import shipped


def test_any_site_may_load_it_and_keep_it(client: Client) -> None:
    answer = client.get(f"/sdk/{shipped().file}")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]


def test_it_is_what_the_integrity_says(client: Client) -> None:
    body = client.get(f"/sdk/{shipped().file}").content
    assert shipped().integrity == f"sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}"


@pytest.mark.parametrize("name", ["manifest.json", "farside-0.0.0.min.js", "..%2Fapp.css", "..%5C..%5Csettings.py"])
def test_nothing_else_is_served(name: str, client: Client, db: None) -> None:
    assert client.get(f"/sdk/{name}").status_code == 404
