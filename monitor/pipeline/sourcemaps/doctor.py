"""Says why a frame stays minified and what to do about it, from what was found; the looking itself is examine.py's."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from monitor.pipeline.sourcemaps.find_map import names_of, wanted_maps
from monitor.pipeline.sourcemaps.findings import Attempt, Findings, Upload
from monitor.pipeline.symbolicate import EXTENSIONS

HELP = "docs/sourcemaps.md#when-a-frame-stays-minified"
"""Where the documentation says more."""
LEAST_FIT = 0.4
"""So many of a script's words must stand in the source where its map leads. Of 55 scripts of four bundlers, own maps
have .75 to 1, those of other builds mostly 0 to .15, and more only while the beginning of the two scripts is the same.
"""
_AGAIN = "Run the upload again and let it end (`--wait` tells how it went); what arrived is not sent twice."
_AS_UPLOADED = "Deploy the very files that were uploaded; nothing (a proxy, a CDN) may rewrite them afterwards."
REMEDIES = {
    "extension": "Nothing; the project's filters can leave such events out.",
    "upload_broken_off": _AGAIN,
    "upload_pending": "Wait a minute; when it stays so, the worker's log says why.",
    "upload_failed": _AGAIN,
    "wrong_build": "Deploy the very files that were uploaded, or upload the deployed build, scripts and maps together.",
    "unnamed_build": "Inject debug ids before the deploy, or set `release` where the SDK starts.",
    "nothing_uploaded": "Run `farside sourcemaps upload` after the build, and deploy the files that it leaves behind.",
    "other_release": "Name the same release in the SDK and in the upload, or upload the files of this one, too.",
    "wrong_dist": "Give `dist` the same value in the SDK and in the upload, or leave it out of both.",
    "map_missing": "Upload the folder with its .map files; delete them only afterwards.",
    "no_map_named": "Switch source maps on in the bundler (hidden ones will do) and upload again.",
    "renamed": "Upload after the last renaming, under the name that is served (`--url-prefix` sets the folder).",
    "not_uploaded": "Compare the URL with these names: upload this file, too, or set its folder by `--url-prefix`.",
    "no_position": "Nothing; the engine tells no more.",
    "html_as_map": "Upload the .map files of the build's folder, not what a server answers for their URLs.",
    "not_a_map": "Look into the file, and upload the .map file that the bundler wrote.",
    "map_refused": "Build and upload again; where the map is too large, split the bundle into chunks.",
    "map_before_injection": "Build again, inject once (it changes script and map together), upload and deploy both so.",
    "line_past_end": _AS_UPLOADED,
    "column_past_end": _AS_UPLOADED,
    "readers_disagree": "Trust neither line, and report it to Farside's makers with the map.",
    "no_contents": "Let the bundler write sourcesContent: no `nosources` in webpack's devtool, `inlineSources` in tsc.",
    "uploaded_late": "Upload before the deploy, so that the first events find their maps.",
}
"""What to do about each kind."""
_HASH = re.compile(r"(?=[\w-]*\d)[0-9a-f]{6,}|(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}")
_NAMED = 5
"""How many uploaded names a reason lists."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a frame is not (or not well) resolved. `kind` is a word that stays the same, for programs and for links."""

    kind: str
    reason: str
    remedy: str


def diagnose(found: Findings) -> Diagnosis | None:
    """The first thing that is wrong, causes before their effects; None when the frame is as it should be."""
    if "://" not in found.url:  # native code
        return None
    rules = (_extension, *(_WITH_MAP if found.map else _WITHOUT_MAP))
    return next((diagnosis for rule in rules if (diagnosis := rule(found))), None)


def _say(kind: str, reason: str) -> Diagnosis:
    return Diagnosis(kind, reason, REMEDIES[kind])


def _extension(found: Findings) -> Diagnosis | None:
    if not found.url.startswith(EXTENSIONS):
        return None
    reason = "This is a browser extension's code, no part of the application."
    return _say("extension", reason)


def _upload_broken(found: Findings) -> Diagnosis | None:
    return _broken(found, found.attempts[-1]) if found.attempts else None


def _part_broken(found: Findings) -> Diagnosis | None:
    """A build may come in several bundles; the file may have been in one that failed, whatever came after it."""
    broken = [attempt for attempt in found.attempts if attempt.state != "ok"]
    return _broken(found, broken[-1]) if broken else None


def _broken(found: Findings, last: Attempt) -> Diagnosis | None:
    if last.state == "ok":
        return None
    of = f"release {found.release}" if found.release else "this file"
    if not last.has_all_parts:
        return _say("upload_broken_off", f"The last upload for {of} was begun, but not all of it arrived.")
    if last.state == "created":
        return _say("upload_pending", f"An upload for {of} arrived and is still being taken in.")
    reason = f"The last upload for {of} failed: {last.detail.partition(chr(10))[0]}."
    return _say("upload_failed", reason)


def _other_build(found: Findings) -> Diagnosis | None:
    """The file that ran and the one uploaded under its name carry different debug ids."""
    names = names_of(found.url)
    maps = [wanted for name in names for wanted in wanted_maps(name, "")]
    known = [upload for upload in found.of_dist() if upload.url in (*names, *maps) and upload.debug_id]
    if found.debug_id and known and all(upload.debug_id != found.debug_id for upload in known):
        told = f"the one uploaded as {known[0].url} for release {found.release} has {known[0].debug_id}"
        return _wrong_build(f"The file that ran carries debug id {found.debug_id}, {told}.")
    return _other_map(found) if not found.debug_id else None


def _other_map(found: Findings) -> Diagnosis | None:
    """An uploaded script and the map it names carry different debug ids."""
    uploads = {upload.url: upload for upload in found.of_dist() if upload.debug_id}
    for script in (uploads[name] for name in names_of(found.url) if name in uploads):
        for wanted in wanted_maps(script.url, script.source_map_url):
            if wanted in uploads and uploads[wanted].debug_id != script.debug_id:
                ids = f"{script.url} has debug id {script.debug_id}, its map {wanted} has {uploads[wanted].debug_id}"
                return _wrong_build(f"Script and map were uploaded from two builds: {ids}.")
    return None


def _wrong_build(reason: str) -> Diagnosis:
    return _say("wrong_build", reason)


def _unnamed_build(found: Findings) -> Diagnosis | None:
    if found.release or found.debug_id:
        return None
    reason = "The event names no release and the file carries no debug id, so it cannot be told which build it is."
    return _say("unnamed_build", reason)


def _nothing_uploaded(found: Findings) -> Diagnosis | None:
    if found.of_release:
        return None
    why = f"No source map was uploaded for its debug id {found.debug_id}" if found.debug_id else ""
    there = f"nothing for release {found.release}" if found.release else "the event names no release to look in"
    reason = f"{why}, and {there}." if why else f"Nothing was uploaded for release {found.release}."
    others = list(dict.fromkeys(upload.release for upload in found.elsewhere if upload.release))
    if others:
        known = f" {found.name} was uploaded for {_listed([f'release {one}' for one in others])}."
        return _say("other_release", reason + known)
    return _say("nothing_uploaded", reason)


def _wrong_dist(found: Findings) -> Diagnosis | None:
    if found.of_dist():
        return None
    dists = sorted({upload.dist or "(none)" for upload in found.of_release})
    reason = (
        f"Release {found.release} was uploaded for dist {_listed(dists)}, the event has dist {found.dist or '(none)'}."
    )
    return _say("wrong_dist", reason)


def _map_not_there(found: Findings) -> Diagnosis | None:
    script = next((one for name in names_of(found.url) for one in found.scripts() if one.url == name), None)
    if script is None:
        return None
    if script.source_map_url:
        wanted = wanted_maps(script.url, script.source_map_url)[0]
        reason = f"{script.url} was uploaded and names the map {wanted}, which was not."
        return _say("map_missing", reason)
    reason = f"{script.url} was uploaded, but names no source map, and {script.url}.map was not uploaded."
    return _say("no_map_named", reason)


def _renamed(found: Findings) -> Diagnosis | None:
    """The file is there under another name: the same content, the same file in another folder, a similar name."""
    content = {upload.sha1 for upload in found.elsewhere if upload.sha1 and upload.url in names_of(found.url)}
    for script in found.scripts():
        if script.sha1 in content:
            return _moved(found, script, "the same content")
    asked = PurePosixPath(found.name).name
    for script in found.scripts():
        if PurePosixPath(script.url).name == asked:
            return _moved(found, script, "the same file name in another folder")
    for script in found.scripts():
        if diagnosis := _similar(found, asked, script):
            return diagnosis
    return None


def _similar(found: Findings, asked: str, script: Upload) -> Diagnosis | None:
    known = PurePosixPath(script.url).name
    stem, hashed = _parts(asked)
    known_stem, known_hashed = _parts(known)
    if hashed and hashed == known_hashed:
        return _moved(found, script, "the same content hash in its name")
    if not stem or stem != known_stem:
        return None
    if hashed and known_hashed:
        told = f"release {found.release} was uploaded with {script.url}: the same file with another content hash"
        return _wrong_build(f"{found.name} ran, but {told}.")
    return _moved(found, script, "the same name but for its hash")


def _moved(found: Findings, script: Upload, likeness: str) -> Diagnosis:
    reason = f"{found.name} is not among the files of release {found.release}; {script.url} is, with {likeness}."
    return _say("renamed", reason)


def _parts(name: str) -> tuple[str, str]:
    """A file name without hash and suffixes, and its hash: `main.5f3a9c1b.min.js` gives `main` and `5f3a9c1b`."""
    words = name.split(".")[:-1] if "." in name else [name]
    words = [word for word in words if word not in ("min", "bundle", "chunk")]
    last = words[-1] if words else ""
    head, dash, tail = last.partition("-")
    if dash and _HASH.fullmatch(tail):
        words[-1:] = [head, tail]
    hashes = [word for word in words if _HASH.fullmatch(word)]
    return ".".join(word for word in words if word not in hashes), hashes[0] if hashes else ""


def _not_among(found: Findings) -> Diagnosis | None:
    names = [script.url for script in found.scripts()] or [upload.url for upload in found.of_dist()]
    reason = f"{found.name} is not among the files of release {found.release}; uploaded were {_listed(names)}."
    return _say("not_uploaded", reason)


def _no_position(found: Findings) -> Diagnosis | None:
    if found.line and found.column:
        return None
    reason = "The browser gave no line and column for this frame."
    return _say("no_position", reason)


def _refused(found: Findings) -> Diagnosis | None:
    reading, name = found.reading, found.map.url if found.map else ""
    if reading is None or not reading.refusal:
        return None
    if reading.looks_like_html:
        reason = (
            f"What was uploaded as {name} is an HTML page, not a source map: an error page, or the site's start page."
        )
        return _say("html_as_map", reason)
    if not reading.looks_like_json:
        reason = f"What was uploaded as {name} is no source map: {reading.refusal}."
        return _say("not_a_map", reason)
    reason = f"The source map {name} cannot be used: {reading.refusal}."
    return _say("map_refused", reason)


def _ids_differ(found: Findings) -> Diagnosis | None:
    reading = found.reading
    told = found.debug_id or (reading and reading.script_debug_id)
    if reading is None or not told or reading.map_debug_id in (None, told):
        return None
    where = "The file that ran" if found.debug_id else "The uploaded script"
    return _wrong_build(f"{where} carries debug id {told}, the source map says {reading.map_debug_id}.")


def _before_injection(found: Findings) -> Diagnosis | None:
    if found.reading is None or not found.reading.maps_snippet:
        return None
    reason = "A debug id was injected into the script after its map was made, so the map's lines are those from before."
    return _say("map_before_injection", reason)


def _past_end(found: Findings) -> Diagnosis | None:
    reading = found.reading
    if reading is None or reading.script_lines is None or not found.line or not found.column:
        return None
    name = found.script.url if found.script else found.name
    if found.line > reading.script_lines:
        reason = f"The frame is on line {found.line}, but {name} as uploaded has {reading.script_lines} lines."
        return _say("line_past_end", reason)
    if reading.line_length is not None and found.column > reading.line_length + 1:
        place = f"column {found.column} of line {found.line}"
        reason = f"The frame is at {place}, but that line of {name} as uploaded ends at column {reading.line_length}."
        return _say("column_past_end", reason)
    return None


def _leads_nowhere(found: Findings) -> Diagnosis | None:
    reading, name = found.reading, found.map.url if found.map else ""
    if reading is None:
        return None
    if not reading.source:
        return _wrong_build(f"{name} has nothing for line {found.line}, column {found.column}: it is of another build.")
    if not reading.is_inside_source:
        return _wrong_build(
            f"{name} leads to {reading.source}, which lies past the end of that file: it is of another build."
        )
    if reading.fit is not None and reading.fit < LEAST_FIT:
        share = f"{reading.fit:.0%} of the script's words stand where the map leads"
        return _wrong_build(f"{name} does not fit the script: only {share}.")
    return None


def _dissent(found: Findings) -> Diagnosis | None:
    if found.reading is None or not found.reading.dissent:
        return None
    reason = (
        f"Two readers of the map disagree: Farside's says {found.reading.source}, the other {found.reading.dissent}."
    )
    return _say("readers_disagree", reason)


def _no_contents(found: Findings) -> Diagnosis | None:
    if found.reading is None or found.reading.has_contents:
        return None
    reason = f"The map leads to {found.reading.source}, but does not carry that file's text (sourcesContent)."
    return _say("no_contents", reason)


def _late(found: Findings) -> Diagnosis | None:
    """All is well with the map, yet the frame was stored minified: the map was not there in time."""
    if found.is_resolved or found.map is None:
        return None
    is_after = bool(found.map.at and found.received_at and found.map.at > found.received_at)
    when = "was uploaded after this event came" if is_after else "could not be applied when this event came"
    reason = f"The map {found.map.url} {when}; it fits, and later events are readable."
    return _say("uploaded_late", reason)


def _listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    unique = list(dict.fromkeys(names))
    more = len(unique) - _NAMED
    return ", ".join(unique[:_NAMED]) + (f" and {more} more" if more > 0 else "")


Rule = Callable[[Findings], Diagnosis | None]
_WITHOUT_MAP: tuple[Rule, ...] = (
    *(_upload_broken, _other_build, _unnamed_build, _nothing_uploaded, _wrong_dist),
    *(_map_not_there, _part_broken, _renamed, _not_among),
)
_WITH_MAP: tuple[Rule, ...] = (
    *(_no_position, _refused, _ids_differ, _before_injection, _past_end),
    *(_leads_nowhere, _dissent, _no_contents, _late),
)
