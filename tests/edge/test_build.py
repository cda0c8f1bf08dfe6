"""Finding scripts and their maps, and saying why a script has none."""

from pathlib import Path

import pytest

from edge.sourcemaps.build import BuildError, find_scripts


def write(folder: Path, name: str, content: str = "") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    ("script", "reference", "map_name"),
    [
        ("app.js", "//# sourceMappingURL=app.js.map", "app.js.map"),
        ("app.js", "//@ sourceMappingURL=maps/a%20b.map?v=3", "maps/a b.map"),
        ("js/app.mjs", "//# sourceMappingURL=../maps/app.map", "maps/app.map"),
        ("js/app.js", "//# sourceMappingURL=https://cdn.example/x/app.js.map", "js/app.js.map"),
        ("app.cjs", "", "app.cjs.map"),
        ("app.js", "//# sourceMappingURL=first.map\ncode\n//# sourceMappingURL=app.js.map", "app.js.map"),
    ],
)
def test_a_map_is_found(tmp_path: Path, script: str, reference: str, map_name: str) -> None:
    write(tmp_path, script, f"code\n{reference}\n")
    write(tmp_path, map_name)
    (found,) = find_scripts(tmp_path)
    assert found.map is not None
    assert found.map.resolve() == tmp_path / map_name


@pytest.mark.parametrize(
    ("reference", "trouble"),
    [
        ("", "no sourceMappingURL"),
        ("//# sourceMappingURL=gone.map", "its map gone.map is missing"),
        ("//# sourceMappingURL=data:application/json;base64,e30=", "inline"),
        ("//# sourceMappingURL=../outside.map", "outside of"),
        ("//# sourceMappingURL=http://[", "is no URL"),
    ],
)
def test_a_missing_map_is_explained(tmp_path: Path, reference: str, trouble: str) -> None:
    write(tmp_path, "outside.map")
    write(tmp_path, "dist/app.js", f"code\n{reference}\n")
    (script,) = find_scripts(tmp_path / "dist")
    assert script.map is None
    assert trouble in script.trouble


def test_a_string_in_the_code_is_no_reference(tmp_path: Path) -> None:
    write(tmp_path, "app.js", 'var s = "//# sourceMappingURL=" + name;\n')
    assert "no sourceMappingURL" in find_scripts(tmp_path)[0].trouble


def test_other_files_and_node_modules_are_left_out(tmp_path: Path) -> None:
    for name in ("a.css", "node_modules/x/index.js", "b.js", "deep/c.mjs"):
        write(tmp_path, name)
    assert [script.path.name for script in find_scripts(tmp_path)] == ["b.js", "c.mjs"]


def test_a_wrong_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="does not exist"):
        find_scripts(tmp_path / "gone")
    with pytest.raises(BuildError, match="is a file"):
        find_scripts(write(tmp_path, "app.js"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BuildError, match="no JavaScript file"):
        find_scripts(tmp_path / "empty")
