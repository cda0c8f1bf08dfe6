"""What the doctor is told about a frame: what was uploaded, how uploads ended, what opening a map showed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from monitor.pipeline.sourcemaps.find_map import names_of


@dataclass(frozen=True)
class Upload:
    """An uploaded file, as far as it helps to tell."""

    kind: str
    url: str
    release: str = ""
    dist: str = ""
    debug_id: UUID | None = None
    source_map_url: str = ""
    blob: str = ""
    sha1: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Attempt:
    """An upload of a bundle. `has_all_parts` is False while the client has yet to send some of its chunks."""

    state: str
    detail: str = ""
    has_all_parts: bool = True


@dataclass(frozen=True)
class Reading:
    """What opening a map, and its script where that was uploaded, told about a position.

    `source` is where the map leads to, "" for nowhere; `fit` the share of the script's words that stand in the source
    where the map leads, None when too few could be looked up; `dissent` what an independent reader of the map said
    instead, "" when it agreed or was not asked. Lengths are None without the script.
    """

    refusal: str = ""
    looks_like_html: bool = False
    looks_like_json: bool = True
    map_debug_id: UUID | None = None
    script_debug_id: UUID | None = None
    script_lines: int | None = None
    line_length: int | None = None
    maps_snippet: bool = False
    source: str = ""
    is_inside_source: bool = True
    has_contents: bool = True
    fit: float | None = None
    dissent: str = ""


@dataclass(frozen=True)
class Findings:
    """A frame and everything that was found about it; line and column count from 1.

    `of_release` are the uploads of the event's release, `elsewhere` those of the file's name or debug id in others.
    """

    url: str
    line: int | None = 1
    column: int | None = 1
    is_resolved: bool = False
    release: str = ""
    dist: str = ""
    debug_id: UUID | None = None
    received_at: datetime | None = None
    of_release: Sequence[Upload] = ()
    elsewhere: Sequence[Upload] = ()
    attempts: Sequence[Attempt] = ()
    map: Upload | None = None
    script: Upload | None = None
    reading: Reading | None = None

    @property
    def name(self) -> str:
        """The file's name under which it is uploaded as a rule: `~` and its path."""
        return names_of(self.url)[-1]

    def of_dist(self) -> list[Upload]:
        """The uploads of the event's release and dist."""
        return [upload for upload in self.of_release if upload.dist == self.dist]

    def scripts(self) -> list[Upload]:
        """The scripts among them."""
        return [upload for upload in self.of_dist() if upload.kind == "minified_source"]
