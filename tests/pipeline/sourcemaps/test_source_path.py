"""Paths as people read them, and which of them are the application's own."""

import pytest

from monitor.pipeline.sourcemaps.source_path import clean_path, is_library, module_of


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("../../src/main.ts", "src/main.ts"),
        ("./src/main.ts", "src/main.ts"),
        ("webpack:///./src/main.ts", "src/main.ts"),
        ("webpack:///src/main.ts", "src/main.ts"),
        ("webpack://shop/./src/App.vue?5a3b", "src/App.vue"),
        ("webpack://_N_E/(app-pages-browser)/./app/page.tsx", "app/page.tsx"),
        ("webpack:///../node_modules/react/index.js", "node_modules/react/index.js"),
        ("turbopack:///[project]/src/cart.ts", "src/cart.ts"),
        ("https://shop.example/src/cart.ts", "src/cart.ts"),
        ("file:///home/ci/src/cart.ts", "home/ci/src/cart.ts"),
        ("/src/cart.ts", "src/cart.ts"),
        ("vite/preload-helper", "vite/preload-helper"),
        ("\0vite/preload-helper.js", "vite/preload-helper.js"),
        ("webpack/bootstrap", "webpack/bootstrap"),
        ("", ""),
        ("../", "../"),
    ],
)
def test_clean_path(source: str, path: str) -> None:
    assert clean_path(source) == path


@pytest.mark.parametrize(
    ("path", "library"),
    [
        ("src/cart.ts", False),
        ("src/vite/plugin.ts", False),
        ("packages/ui/button.tsx", False),
        ("node_modules/react/index.js", True),
        ("packages/ui/node_modules/x.js", True),
        ("webpack/runtime/chunk loaded", True),
        ("vite/preload-helper.js", True),
        ('external "react"', True),
    ],
)
def test_is_library(path: str, library: bool) -> None:
    assert is_library(path) is library


def test_module_of() -> None:
    assert module_of("src/cart.test.ts") == "src/cart.test"
    assert module_of("src/.env/run") == "src/.env/run"
