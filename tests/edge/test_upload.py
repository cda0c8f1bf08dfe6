"""`farside sourcemaps upload` as a whole, against a server that speaks the chunk protocol."""

import gzip
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from edge import cli
from edge.sourcemaps.build import find_scripts
from edge.sourcemaps.bundle import MAGIC, Target, divide, entry_name, files_of, write_bundle

MAP = json.dumps({"version": 3, "sources": ["a.js"], "names": [], "mappings": "AAAA", "sourcesContent": ["a()"]})
WHOAMI = {"organisation": "acme", "project": "web", "scopes": ["artifacts:write"]}

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Sentryish:
    """The server's side of the protocol: keeps chunks, assembles, takes bundles in at the second question."""

    limits: dict[str, Any] = field(default_factory=dict)
    chunks: dict[str, bytes] = field(default_factory=dict)
    bundles: dict[str, bytes] = field(default_factory=dict)
    assembled: list[dict[str, Any]] = field(default_factory=list)
    refusal: str = ""

    def __call__(self, request: Any) -> Answer:
        if request.path == "/api/v1/whoami":
            return 200, {}, json.dumps(WHOAMI).encode()
        if request.path == "/api/0/organizations/acme/artifactbundle/assemble/":
            return 200, {}, json.dumps(self.assemble(request.json)).encode()
        if request.path != "/api/0/organizations/acme/chunk-upload/":
            return 404, {}, b'{"detail": "no such path"}'
        return self.limits_answer() if request.method == "GET" else self.keep(request)

    def limits_answer(self) -> Answer:
        limits = {
            "url": "http://elsewhere.example/api/0/organizations/acme/chunk-upload/", "chunkSize": 8_388_608,
            "chunksPerRequest": 64, "maxFileSize": 2**31, "maxRequestSize": 33_554_432, "concurrency": 1,
            "hashAlgorithm": "sha1", "compression": ["gzip"], "accept": ["release_files", "artifact_bundles"],
        }  # fmt: skip
        return 200, {}, json.dumps({**limits, **self.limits}).encode()

    def keep(self, request: Any) -> Answer:
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        for part in BytesParser(policy=default).parsebytes(head + request.body).iter_parts():
            content = part.get_content()
            data = gzip.decompress(content) if part["Content-Disposition"].params["name"] == "file_gzip" else content
            assert hashlib.sha1(data).hexdigest() == part.get_filename()
            self.chunks[str(part.get_filename())] = data
        return 200, {}, b""

    def assemble(self, wanted: dict[str, Any]) -> dict[str, Any]:
        missing = [chunk for chunk in wanted["chunks"] if chunk not in self.chunks]
        if missing:
            return {"state": "not_found", "missingChunks": missing, "detail": None}
        data = b"".join(self.chunks[chunk] for chunk in wanted["chunks"])
        assert hashlib.sha1(data).hexdigest() == wanted["checksum"]
        known = wanted["checksum"] in self.bundles
        self.bundles[wanted["checksum"]] = data
        self.assembled.append(wanted)
        if self.refusal:
            return {"state": "error", "missingChunks": [], "detail": self.refusal}
        return {"state": "ok" if known else "created", "missingChunks": [], "detail": None}


@pytest.fixture
def sentryish(server: Any) -> Sentryish:
    spoken = server.route = Sentryish()
    return spoken


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "js").mkdir(parents=True)
    for name in ("app.js", "js/lazy.mjs"):
        (folder / name).write_text(f"a();\n//# sourceMappingURL={Path(name).name}.map\n")
        (folder / f"{name}.map").write_text(MAP)
    (folder / "vendor.js").write_text("b();\n")
    return folder


@pytest.fixture
def upload(server: Any, dist: Path) -> Callable[..., int]:
    def run(*options: str) -> int:
        access = ["--server", server.url, "--token", "secret-token"]
        return cli.main(["sourcemaps", "upload", "--release", "app@1.0.0", *access, *options, str(dist)])

    return run


def content(bundle: bytes) -> tuple[dict[str, Any], zipfile.ZipFile]:
    assert bundle.startswith(MAGIC)
    archive = zipfile.ZipFile(io.BytesIO(bundle))
    return json.loads(archive.read("manifest.json")), archive


def test_a_whole_upload(sentryish: Sentryish, upload: Callable[..., int], dist: Path, capsys: Any) -> None:
    assert upload("--dist", "42") == 0
    (bundle,) = sentryish.bundles.values()
    manifest, archive = content(bundle)
    described = {key: manifest[key] for key in ("org", "project", "release", "dist")}
    assert described == {"org": "acme", "project": "web", "release": "app@1.0.0", "dist": "42"}
    script = manifest["files"]["files/_/_/js/lazy.mjs"]
    source_map = manifest["files"]["files/_/_/js/lazy.mjs.map"]
    assert (script["type"], script["url"], source_map["type"]) == ("minified_source", "~/js/lazy.mjs", "source_map")
    assert script["headers"]["sourcemap"] == "lazy.mjs.map"
    assert script["headers"]["debug-id"] == source_map["headers"]["debug-id"]
    assert archive.read("files/_/_/js/lazy.mjs") == (dist / "js/lazy.mjs").read_bytes()
    assert sentryish.assembled[0]["projects"] == ["web"]
    assert (sentryish.assembled[0]["version"], sentryish.assembled[0]["dist"]) == ("app@1.0.0", "42")
    told = capsys.readouterr()
    assert "3 JavaScript files, 2 with a source map" in told.out
    assert "debug IDs: 2 injected" in told.out
    assert "acme/web, release app@1.0.0: taken in" in told.out
    assert re.search(r"warning: .*vendor\.js has no source map", told.err)
    assert "next: deploy" in told.out.splitlines()[-1]


def test_a_second_upload_sends_no_chunk(server: Any, sentryish: Sentryish, upload: Callable[..., int]) -> None:
    upload()
    server.requests.clear()
    assert upload() == 0
    assert not [request for request in server.requests if "multipart" in request.headers.get("Content-Type", "")]
    assert len(sentryish.bundles) == 1


@pytest.mark.parametrize("compression", [["gzip"], []])
def test_chunks_keep_to_the_servers_limits(
    server: Any, sentryish: Sentryish, upload: Callable[..., int], compression: list[str]
) -> None:
    sentryish.limits = {"chunkSize": 200, "chunksPerRequest": 4, "maxRequestSize": 600, "compression": compression}
    assert upload() == 0
    bodies = [request.body for request in server.requests if "multipart" in request.headers.get("Content-Type", "")]
    assert len(bodies) > 1
    assert all(body.count(b"Content-Disposition") <= 3 for body in bodies)
    assert all((b'name="file_gzip"' in body) is bool(compression) for body in bodies)


def test_a_large_build_becomes_several_bundles(sentryish: Sentryish, upload: Callable[..., int]) -> None:
    sentryish.limits = {"maxFileSize": 700}
    assert upload() == 0
    names = [set(content(bundle)[0]["files"]) for bundle in sentryish.bundles.values()]
    assert len(names) > 1
    assert sum({"files/_/_/app.js", "files/_/_/app.js.map"} <= found for found in names) == 1


def test_a_prefix_and_untouched_files(sentryish: Sentryish, upload: Callable[..., int], dist: Path) -> None:
    before = (dist / "app.js").read_bytes()
    assert upload("--no-inject", "--url-prefix", "https://cdn.example/v1") == 0
    manifest, _ = content(next(iter(sentryish.bundles.values())))
    entry = manifest["files"]["files/https/cdn.example/v1/app.js"]
    assert entry["url"] == "https://cdn.example/v1/app.js"
    assert entry["headers"] == {"sourcemap": "app.js.map"}
    assert (dist / "app.js").read_bytes() == before


def test_the_servers_refusal_is_told(sentryish: Sentryish, upload: Callable[..., int], capsys: Any) -> None:
    sentryish.refusal = "manifest.json: files/_/_/app.js is missing"
    assert upload() == 1
    assert "the server refused the bundle: manifest.json: files/_/_/app.js is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "Check the token"), (403, "The token lacks a scope"), (404, "Check the address")],
)
def test_a_refused_token_changes_no_file(
    server: Any, upload: Callable[..., int], dist: Path, capsys: Any, status: int, advice: str
) -> None:
    before = (dist / "app.js").read_bytes()
    server.answers = [(status, {}, b'{"detail": "no"}')]
    assert upload() == 1
    assert (dist / "app.js").read_bytes() == before
    told = capsys.readouterr().err
    assert advice in told
    assert "secret-token" not in told


def test_an_organisations_token_needs_a_project(server: Any, upload: Callable[..., int], capsys: Any) -> None:
    server.answers = [(200, {}, b'{"organisation": "acme", "project": null, "scopes": []}')]
    assert upload() == 2
    assert "all projects of acme: name one by --project" in capsys.readouterr().err


def test_a_server_that_is_away(closed_port: int, dist: Path, capsys: Any) -> None:
    arguments = ["--release", "1", "--token", "t", "--server", f"http://127.0.0.1:{closed_port}", str(dist)]
    assert cli.main(["sourcemaps", "upload", *arguments]) == 1
    assert f"cannot reach http://127.0.0.1:{closed_port}" in capsys.readouterr().err


def test_a_short_outage_is_sat_out(server: Any, sentryish: Sentryish, upload: Callable[..., int]) -> None:
    seen: set[str] = set()

    def first_busy(request: Any) -> Answer:
        kind = request.method + request.path
        if "/api/0/" in kind and kind not in seen:
            seen.add(kind)
            return 503, {}, b'{"detail": "busy"}'
        return sentryish(request)

    server.route = first_busy
    assert upload() == 0
    assert len(seen) == 3


def test_a_build_without_maps_is_not_sent(server: Any, sentryish: Sentryish, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "a.js").write_text("a()")
    arguments = ["--release", "1", "--token", "t", "--server", server.url, str(tmp_path)]
    assert cli.main(["sourcemaps", "upload", *arguments]) == 1
    assert "no usable source map" in capsys.readouterr().err
    assert sentryish.bundles == {}


def test_a_broken_map_is_told_and_the_rest_is_sent(
    sentryish: Sentryish, upload: Callable[..., int], dist: Path, capsys: Any
) -> None:
    (dist / "app.js.map").write_text("<html>not found</html>")
    assert upload() == 1
    assert "app.js.map is not a source map" in capsys.readouterr().err
    manifest, _ = content(next(iter(sentryish.bundles.values())))
    assert set(manifest["files"]) == {f"files/_/_/{name}" for name in ("js/lazy.mjs", "js/lazy.mjs.map", "vendor.js")}


def test_inject_alone(dist: Path, capsys: Any) -> None:
    assert cli.main(["sourcemaps", "inject", str(dist)]) == 0
    assert cli.main(["sourcemaps", "inject", str(dist)]) == 0
    told = capsys.readouterr().out
    assert "debug IDs: 2 injected, 0 there before" in told
    assert "debug IDs: 0 injected, 2 there before" in told


def test_the_same_files_make_the_same_bundle(dist: Path) -> None:
    files = [file for group in files_of(find_scripts(dist), dist, "~/") for file in group]
    bundles = []
    for _ in range(2):
        out = io.BytesIO()
        write_bundle(files, Target("acme", "web", "1"), out)
        bundles.append(out.getvalue())
    assert bundles[0] == bundles[1]
    manifest, archive = content(bundles[0])
    assert set(archive.namelist()) == {*manifest["files"], "manifest.json"}
    assert manifest["files"].keys() == {entry_name(file.url) for file in files}


def test_groups_are_never_torn_apart(dist: Path) -> None:
    groups = files_of(find_scripts(dist), dist, "~/")
    assert divide(groups, 1) == groups
    assert divide(groups, 10**9) == [[file for group in groups for file in group]]
