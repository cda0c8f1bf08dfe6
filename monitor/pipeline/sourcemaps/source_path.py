"""The path that people read, from the name a source map gives a file, and whether it is the application's own code."""

import re

_BUNDLER = re.compile(r"^(?:webpack(?:-internal)?|turbopack|rollup|parcel|vite|rspack|ng)://(?:/|[^/]*/)")
_SCHEME = re.compile(r"^(?:https?|file|app|capacitor)://[^/]*/|^(?:vite|rollup|turbopack):")
_LEADING = re.compile(r"^(?:\./|\.\./|/|\[project\]/|\([\w-]+\)/)+")
_LIBRARY = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|\.pnpm|\.yarn|jspm_packages)/"
    r"|^(?:webpack/|vite/|rolldown/|turbopack/|\[turbopack\]|external |\(webpack\)|commonjsHelpers)"
)


def clean_path(source: str) -> str:
    """`webpack://shop/./src/cart.ts?ab12` and `../../src/cart.ts` become `src/cart.ts`."""
    path = _SCHEME.sub("", _BUNDLER.sub("", source.replace("\0", "")))
    path = _LEADING.sub("", path)
    return path.split("?", 1)[0] or source.replace("\0", "")


def is_library(path: str) -> bool:
    """Whether a cleaned path belongs to a package or to a bundler's runtime, not to the application."""
    return _LIBRARY.search(path) is not None


def module_of(path: str) -> str:
    """The path without its suffix, as a module is imported: `src/cart.ts` becomes `src/cart`."""
    return re.sub(r"\.[A-Za-z]\w{0,5}$", "", path)
