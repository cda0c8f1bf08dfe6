"""`farside sourcemaps inject|upload|explain`: arguments, and what the user reads."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edge.account import whoami
from edge.options import UsageError, add_project, add_server, need_server, seconds
from edge.send import Client, SendError
from edge.sourcemaps.build import BuildError, Script, find_scripts, read_map
from edge.sourcemaps.bundle import File, Target, divide, files_of, write_bundle
from edge.sourcemaps.inject import inject
from edge.sourcemaps.told import fetch_files, fetch_frames, file_lines, frame_lines
from edge.sourcemaps.upload import Limits, Uploader, UploadError


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    arguments = _parser().parse_args(argv)
    run = {"inject": _inject, "upload": _upload, "explain": _explain}[arguments.command]
    try:
        return run(arguments)
    except (BuildError, UploadError, SendError) as error:
        print(f"farside sourcemaps: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="farside sourcemaps", description="Makes minified stack traces readable.")
    commands = parser.add_subparsers(dest="command", required=True)
    inject_parser = commands.add_parser("inject", help="give scripts and their maps debug IDs, in place")
    upload_parser = commands.add_parser("upload", help="inject, then upload scripts and maps of a release")
    for command in (inject_parser, upload_parser):
        command.add_argument("folder", type=Path, metavar="DIR", help="the build's output folder")
    _add_upload_options(upload_parser)
    explain = commands.add_parser("explain", help="say of each frame of an event why it is (not) readable, what to do")
    explain.add_argument("event", metavar="EVENT", help="id of the event, as the issue page shows it")
    _add_place(explain)
    return parser


def _add_upload_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--release", required=True, type=_release, metavar="R", help="the release, as the SDK reports it")
    add("--dist", metavar="D", help="distribution of the release, if the SDK reports one")
    add("--url-prefix", default="~/", type=_prefix, metavar="URL", help="where DIR is served (default %(default)s)")
    add("--no-inject", action="store_true", help="leave the files as they are; match by release and URL")
    add("--wait", type=seconds(0, 3600), default=300.0, metavar="S", help="longest wait for the server (default 300)")
    _add_place(parser)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--org", metavar="O", help="slug of the organisation (default: the token's)")
    add_project(parser)
    add_server(parser)


def _release(text: str) -> str:
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise argparse.ArgumentTypeError("a release is 1 to 200 printable characters, app@1.2.3 say")
    return text.strip()


def _prefix(text: str) -> str:
    if not text.startswith(("~/", "http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} must begin with ~/ (any host) or http(s)://host/")
    return text


def _inject(arguments: argparse.Namespace) -> int:
    scripts = find_scripts(arguments.folder)
    _, failed = _prepare(scripts, arguments.folder, change_files=True)
    print(f"next: farside sourcemaps upload --release R {arguments.folder}, then deploy it without its .map files")
    return 1 if failed else 0


def _explain(arguments: argparse.Namespace) -> int:
    with closing(Client(*need_server(arguments), timeout_s=120.0)) as client:
        org, project = _place(client, arguments)
        for line in frame_lines(fetch_frames(client, org, project, arguments.event)):
            print(line)
    return 0


def _upload(arguments: argparse.Namespace) -> int:
    scripts = find_scripts(arguments.folder)
    with closing(Client(*need_server(arguments), timeout_s=120.0)) as client:
        return _upload_with(client, scripts, arguments)


def _upload_with(client: Client, scripts: Sequence[Script], arguments: argparse.Namespace) -> int:
    target = Target(*_place(client, arguments), arguments.release, arguments.dist)
    uploader = Uploader(client, target, arguments.wait)
    limits = uploader.limits()  # asked before the files change: a refused token leaves them as they are
    usable, failed = _prepare(scripts, arguments.folder, change_files=not arguments.no_inject)
    groups = files_of(usable, arguments.folder, arguments.url_prefix)
    states = [_send(uploader, files, target, limits) for files in divide(groups, limits.file_bytes)]
    taken = "taken in" if set(states) == {"ok"} else "received, still being taken in by the server"
    print(f"{target.org}/{target.project}, release {target.release}: {taken}")
    if set(states) == {"ok"}:
        _report(client, target)
    print(_next(arguments))
    return 1 if failed else 0


def _report(client: Client, target: Target) -> None:
    """What the server makes of the upload; that it cannot tell makes the upload no worse."""
    try:
        for line in file_lines(fetch_files(client, target)):
            print(line)
    except SendError as error:
        _warn(f"no report: {error}")


def _prepare(scripts: Sequence[Script], folder: Path, change_files: bool) -> tuple[list[Script], int]:
    """Checks every map, and injects when `change_files`; returns the scripts to send and how many maps are bad."""
    usable, injected, failed = [], 0, 0
    for script in scripts:
        try:
            injected += _prepare_one(script, change_files)
            usable.append(script)
            if script.map is None:
                _warn(f"{script.path} has no source map: {script.trouble}")
        except BuildError as error:
            failed += 1
            _warn(str(error))
    mapped = sum(script.map is not None for script in usable)
    print(f"{folder}: {len(scripts)} JavaScript files, {mapped} with a source map")
    if not mapped:
        raise BuildError(f"no usable source map in {folder}: switch source maps on in the build (hidden ones will do)")
    if change_files:
        print(f"debug IDs: {injected} injected, {mapped - injected} there before")
    return usable, failed


def _prepare_one(script: Script, change_files: bool) -> bool:
    if script.map is None:
        return False
    if change_files:
        return inject(script)[1]
    read_map(script.map)
    return False


def _place(client: Client, arguments: argparse.Namespace) -> tuple[str, str]:
    """Slugs of organisation and project: as said, else the token's."""
    org, project = arguments.org, arguments.project
    if not (org and project):
        known_org, known_project = whoami(client)
        org, project = org or known_org, project or known_project
    if not project:
        raise UsageError(f"the token is for all projects of {org}: name one by --project or FARSIDE_PROJECT")
    return org, project


def _send(uploader: Uploader, files: Sequence[File], target: Target, limits: Limits) -> str:
    with tempfile.TemporaryFile() as bundle:
        write_bundle(files, target, bundle)
        print(f"bundle: {len(files)} files, {bundle.seek(0, 2) / 1000:.1f} kB", flush=True)
        return uploader.upload(bundle, limits)


def _next(arguments: argparse.Namespace) -> str:
    if arguments.no_inject:
        return f"next: let the SDK report release {arguments.release} and serve the files below {arguments.url_prefix}"
    return f"next: deploy {arguments.folder} as it is now (its scripts carry debug IDs), without its .map files"


def _warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)
