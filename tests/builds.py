"""A small build with its source map, made by hand, and the real one of the demo shop."""

import json
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[1] / "monitor" / "demo"
DEBUG_ID = "6f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0"

CART = "export class Cart {\n  total(lines) {\n    return lines.map((line) => line.price.cents);\n  }\n}\n"
"""The original file. The map below leads from line 1, columns 0, 10 and 20 of the minified file into it."""


def make_map(**changes: Any) -> dict[str, Any]:
    """A map of three segments: column 0 -> (0, 0), 10 -> (2, 11) with the name `lines`, 20 -> (2, 41)."""
    return {
        "version": 3,
        "sources": ["../../src/cart.js"],
        "sourcesContent": [CART],
        "names": ["lines"],
        "mappings": "AAAA,UAEWA,UAA8B",
    } | changes


def raw_map(**changes: Any) -> bytes:
    return json.dumps(make_map(**changes)).encode()


def demo_map() -> bytes:
    """The map of the demo shop, made by Vite."""
    return next((DEMO / "maps" / "assets").glob("*.map")).read_bytes()


def bundle(files: dict[str, tuple[dict[str, Any], bytes]], **manifest: Any) -> bytes:
    """An artifact bundle: name in the zip -> (manifest entry, content)."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps({"files": {name: files[name][0] for name in files}} | manifest))
        for name, (_, content) in files.items():
            archive.writestr(name, content)
    return b"SYSB\x02\0\0\0" + packed.getvalue()


def cart_bundle() -> bytes:
    """A bundle of app.min.js and its map, with a debug id, as sentry-cli makes it."""
    headers = {"debug-id": DEBUG_ID, "Sourcemap": "app.min.js.map"}
    script = {"type": "minified_source", "url": "~/app.min.js", "headers": headers}
    map_ = {"type": "source_map", "url": "~/app.min.js.map", "headers": {"debug-id": DEBUG_ID}}
    return bundle(
        {"files/_/_/app.min.js": (script, b"x\n"), "files/_/_/app.min.js.map": (map_, raw_map())},
        org="acme",
        project="web",
        release="app@1.0.0",
    )


SHOP = """import { formatPrice } from './money';
export function checkout(basket) {
  const customer = basket.customer;
  if (!customer.address) throw new Error('address missing');
  return basket.lines.map((line) => formatPrice(line.price.cents)).concat(customer.discounts);
}
export function refund(order, reason) {
  order.history.push({ reason, refunded: order.payment.amount });
  return fetchJson('/refunds', { order: order.number, amount: order.payment.amount });
}
"""
"""An original file with enough words to tell whether a map fits."""


def minify(source: str, name: str = "src/shop.js", **changes: Any) -> tuple[bytes, bytes]:
    """A script of one line with the tokens of `source`, and its map with a segment for each."""
    script, segments, last = "", [], (0, 0, 0)
    for number, line in enumerate(source.split("\n")):
        for token in re.finditer(r"'[^']*'|[\w$]+|[^\s\w]+", line):
            script += " " if re.search(r"\w$", script) and re.match(r"\w", token[0]) else ""
            here = (_units(script), number, _units(line[: token.start()]))
            moved = [here[0] - last[0], 0, here[1] - last[1], here[2] - last[2]]
            segments.append("".join(map(_vlq, moved)))
            script, last = script + token[0], here
    fields = {"version": 3, "sources": [name], "sourcesContent": [source], "names": [], "mappings": ",".join(segments)}
    return script.encode() + b"\n", json.dumps(fields | changes).encode()


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _vlq(value: int) -> str:
    digits, rest = "", abs(value) << 1 | (value < 0)
    while True:
        rest, low = rest >> 5, rest & 31
        digits += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[low | (32 if rest else 0)]
        if not rest:
            return digits
