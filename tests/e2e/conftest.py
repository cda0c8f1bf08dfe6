"""What end-to-end tests share: the system, a built shop and a real browser."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import fake_slack, system
from tests.fake_slack import FakeSlack
from tests.system import System

SHOP = Path(__file__).parent / "shop"
CHROMIUM = "/usr/lib/chromium/chromium"


class _Handler(SimpleHTTPRequestHandler):
    """Serves a build without its maps, and tells the page where to report."""

    shop: "Shop"

    def do_GET(self) -> None:
        if self.path.endswith(".map"):
            self.send_error(404)
        elif self.path in ("/config.json", "/api/health"):
            body = json.dumps(self.shop.config if self.path == "/config.json" else {"ok": True}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Shop:
    """A deployed build of the shop."""

    def __init__(self, folder: Path, dsn: str, release: str) -> None:
        self.folder = folder
        self.config = {"dsn": dsn, "release": release, "environment": "production"}
        handler = type("Handler", (_Handler,), {"shop": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        self.url = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def deploy(self, release: str) -> None:
        """From now on the pages say that they are `release`."""
        self.config = {**self.config, "release": release}

    def stop(self) -> None:
        """Take the shop's server off the network."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


@pytest.fixture(scope="session")
def farside(open_folder: Path) -> Iterator[System]:
    with system.running(open_folder) as started:
        yield started


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack.running() as receiver:
        yield receiver


@pytest.fixture(scope="module")  # while it is open, an event loop runs that other tests cannot have beside theirs
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def build(tmp_path: Path) -> Any:
    """Builds the shop with one of the SDKs into a folder of the test's own."""

    def make(sdk: str) -> Path:
        # Inside the shop, so that its maps name the sources as a project's own build would.
        command = ["npm", "run", "build", "--", "--outDir", f"dist-{sdk}"]
        environment = {**os.environ, "VITE_SDK": sdk}
        subprocess.run(command, cwd=SHOP, env=environment, capture_output=True, text=True, check=True, timeout=120)
        return Path(shutil.copytree(SHOP / f"dist-{sdk}", tmp_path / "dist"))

    assert shutil.which("npm"), "the tests need Node: run them by make test"
    return make
