"""What the server's doctor of source maps says: asked for, and put into lines to read."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from edge.send import Client, Denied, decoded
from edge.sourcemaps.bundle import Target

MOST_PAGES = 100


def fetch_frames(client: Client, org: str, project: str, event_id: str) -> dict[str, Any]:
    """What is known of an event's frames. Raises SendError."""
    path = "/".join(quote(part, safe="") for part in (org, project, "events", event_id))
    answer = client.get(f"/api/v1/projects/{path}/sourcemaps/")
    return _checked(answer, "frames")


def fetch_files(client: Client, target: Target) -> list[dict[str, Any]]:
    """What each file of a release is good for. Raises SendError."""
    path = "/".join(quote(part, safe="") for part in (target.org, target.project, "releases", target.release))
    cursor, files = "", []
    for _ in range(MOST_PAGES):
        response = client.request("GET", f"/api/v1/projects/{path}/sourcemaps/{cursor}")
        files += _checked(decoded(response), "files")["files"]
        following = response.links.get("next", {})
        if following.get("results") != "true":
            break
        cursor = f"?cursor={following['cursor']}"
    return files


def frame_lines(answer: dict[str, Any]) -> Iterator[str]:
    """An event's frames, what threw first, each with the reason why it is minified and the remedy."""
    dist = f", dist {answer['dist']}" if answer["dist"] else ""
    yield f"event {answer['event_id']}, release {answer['release'] or '(none)'}{dist}"
    exception = None
    for number, frame in enumerate(answer["frames"], 1):
        if frame["exception"] != exception:
            exception = frame["exception"]
            yield exception
        place = ":".join(str(part) for part in (frame["url"], frame["line"], frame["column"]) if part)
        shown = f"{frame['source']}  (from {place})" if frame["source"] else f"{place}  {frame['state']}"
        yield f"{number:4} {frame['function'] or '(anonymous)'}  {shown}"
        yield from _problem_lines(frame["problem"])
    if not answer["frames"]:
        yield "the event has no frames"


def file_lines(files: list[dict[str, Any]]) -> Iterator[str]:
    """A release's files: their maps, a word that was resolved by each, and what is wrong."""
    good = sum(file["problem"] is None for file in files)
    yield f"report: {len(files)} files, {good} of them readable in events"
    for file in files:
        if file["problem"]:
            yield f"  not readable: {file['script']}"
            yield from _problem_lines(file["problem"])
        else:
            yield f"  readable: {file['script']}{_sample(file['script'], file['sample'])}"


def _sample(script: str, sample: dict[str, Any] | None) -> str:
    if sample is None:
        return ""
    name = script.rpartition("/")[2]
    return f"; {name}:{sample['line']}:{sample['column']} {sample['word']!r} is {sample['source']}"


def _problem_lines(problem: dict[str, str] | None) -> Iterator[str]:
    if problem:
        yield f"       why: {problem['reason']}"
        yield f"       remedy: {problem['remedy']}"


def _checked(answer: Any, key: str) -> dict[str, Any]:
    if not isinstance(answer, dict) or not isinstance(answer.get(key), list):
        raise Denied(f"the server's answer has no {key}: is that a Farside server?")
    return answer
