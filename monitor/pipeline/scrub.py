"""Takes secrets out of an event before anything of it is stored."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from monitor.pipeline.payload import ExceptionValue, Frame, Payload
from monitor.pipeline.remember import ByIdentity
from monitor.pipeline.secret_signs import WORDS, is_secret, shows_a_secret

SCRUBBED = "[scrubbed]"

Replacement = str | Callable[[re.Match[str]], str]

# Every repetition is possessive or bounded: a text made to be slow would else hold up its worker for hours.
LOOKS: list[tuple[re.Pattern[str], Replacement]] = [
    (re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(-----END [A-Z ]{0,40}KEY-----|\Z)", re.DOTALL), SCRUBBED),
    (re.compile(r"\beyJ[\w-]{5,}+\.[\w-]{5,}+(\.[\w-]*+)?"), SCRUBBED),
    (re.compile(r"(?i)\b(bearer|basic|digest|token)(\s++)[\w.+/=~-]{8,}+"), rf"\1\2{SCRUBBED}"),
    (re.compile(r"(?i)([a-z][a-z0-9+.-]{0,20}+://)[^/\s:@]*+:[^/\s@]++@"), rf"\1{SCRUBBED}@"),
    (re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"), SCRUBBED),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}+\b|\bgithub_pat_\w{20,}+|\bglpat-[\w-]{16,}+"), SCRUBBED),
    (re.compile(r"\bxox[a-z]-[\w-]{8,}+|hooks\.slack\.com/services/[\w/]++"), SCRUBBED),
    (
        re.compile(
            r"\b[srp]k_(live|test)_\w{8,}+|\bsk-[\w-]{20,}+|\bAIza[\w-]{30,}+|\bfst_[\w-]{20,}+|\bsntr?y[a-z]_[\w=-]{20,}+"
        ),
        SCRUBBED,
    ),
    (
        re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w.-])"),
        lambda found: SCRUBBED if is_card(found[0]) else found[0],
    ),
]
"""What is a secret by its own look."""

NAMED: tuple[re.Pattern[str], Replacement] = (
    re.compile(
        rf"""(?ix)((?:{"|".join(WORDS)})[\w.-]{{0,100}}+["']?\s{{0,20}}+[=:]\s{{0,20}}+)
            ("[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s,;&"'<>}}\])]++)"""
    ),
    rf"\1{SCRUBBED}",
)
"""What stands behind a secret's name, as `password=…` or `"token": "…"`."""

EXACT = (
    *("-----BEGIN", "eyJ", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox"),
    *("hooks.slack.com", "k_live_", "k_test_", "sk-", "AIza", "fst_", "sntry", "snty"),
)
"""Each of LOOKS that minds case needs one of these in the text."""

FOLDED = (
    *("bearer", "basic", "digest", "token", "pass", "pwd", "secret", "key", "authorization", "credential", "cookie"),
    *("sessionid", "session_id", "srf", "jwt", "signature", "cvv", "cvc", "ssn", "0" * 13),
)
"""The others of LOOKS, and NAMED, need one of these in the text as `_fold` makes it."""

PARAMETER = re.compile(r"([?&#;]|^)([\w.\[\]%-]{1,200}+)=([^&#;\s\"'<>]++)")
PARAMETER_NAME = re.compile(r"[?&#;\0]([\w.\[\]%-]{1,200}+)=")

CREDENTIALS = re.compile(r"://[^/\s@\0]*+@")
"""With the names of parameters, what is sought of the other patterns."""

FOLDS = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0" * 10 + b"abcdefghijklmnopqrstuvwxyz")
LETTERS = {"ſ": "s", "ı": "i", "İ": "i", "\u212a": "k"}
"""What `re.IGNORECASE` takes for a letter of ASCII; the last is the sign for kelvin."""

DEEPEST = 12
MOST_STACKS = 2000

Frames = tuple[Frame, ...]

_encoder = msgspec.json.Encoder()
_shown: ByIdentity[Frames, bool] = ByIdentity(MOST_STACKS)
"""Whether stacks that came lately show a secret."""


def scrub(payload: Payload) -> Payload:
    """The event without secrets, and without addresses but for the user's, which normalize adds where it is kept.

    One without secrets is given back as it is. Most show no sign of any; of the others all texts are looked through.
    """
    return _looked_through(payload) if _shows(payload) else payload


def _shows(payload: Payload) -> bool:
    bare = msgspec.structs.replace(
        payload,
        exceptions=tuple([msgspec.structs.replace(one, frames=()) for one in payload.exceptions]),
        user=_without_address(payload.user),
    )
    return shows_a_secret(_encoder.encode(bare)) or any(_stack_shows(one.frames) for one in payload.exceptions)


def _stack_shows(frames: Frames) -> bool:
    known = _shown.get(frames)
    return _shown.put(frames, shows_a_secret(_encoder.encode(frames))) if known is None else known


def _without_address(user: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in user.items() if key != "ip_address"}


def _looked_through(payload: Payload) -> Payload:
    found = _Found()
    found.texts.update((payload.message, payload.transaction), payload.fingerprint, payload.tags.values())
    found.names.update(payload.tags)
    for exception in payload.exceptions:
        found.texts.add(exception.value)
        for frame in exception.frames:
            found.take_frame(frame)
    for breadcrumb in payload.breadcrumbs:
        found.texts.add(breadcrumb.message)
        found.take(breadcrumb.data)
    for part in (_without_address(payload.user), payload.request, payload.contexts, payload.extra):
        found.take(part)
    texts, lines = _replacements(found.texts, _without_secrets), _replacements(found.lines, _without_looks)
    is_clean = not (texts or lines or found.is_odd or any(map(is_secret, found.names)))
    return payload if is_clean else _scrubbed(payload, texts, lines)


class _Found:
    """What of an event is to be looked through: texts, lines of source, names of fields; whether anything else goes."""

    def __init__(self) -> None:
        self.texts, self.lines, self.names = set[str](), set[str](), set[str]()
        self.is_odd = False

    def take_frame(self, frame: Frame) -> None:
        self.texts.add(frame.filename)
        self.texts.add(frame.abs_path)
        if frame.context_line:
            self.lines.add(frame.context_line)
        if frame.pre_context or frame.post_context:
            self.lines.update(frame.pre_context, frame.post_context)

    def take(self, value: Any, depth: int = 0) -> None:
        if isinstance(value, str):
            self.texts.add(value)
        elif depth > DEEPEST:
            self.is_odd = True
        elif isinstance(value, dict):
            self.names.update(value)
            self._take_parts(value.values(), depth + 1)
        elif isinstance(value, (list, tuple)):
            self.is_odd = self.is_odd or any(_told_secret(value))
            self._take_parts(value, depth + 1)
        elif _is_card_number(value):
            self.is_odd = True

    def _take_parts(self, parts: Collection[Any], depth: int) -> None:
        add = self.texts.add
        for part in parts:
            if type(part) is str:
                add(part)
            else:
                self.take(part, depth)


def _replacements(texts: Collection[str], scrub_one: Callable[[str], str]) -> dict[str, str]:
    """What stands for each text that holds a secret."""
    return {text: scrubbed for text in suspicious(texts) if (scrubbed := scrub_one(text)) != text}


def suspicious(texts: Collection[str]) -> Collection[str]:
    """All texts that hold a secret, by their look or behind its name, and few others.

    A search for a word in one long text is what Python does fastest; patterns run only where a word is found.
    """
    joined = "\0".join(("", *texts))
    if joined.count("\0") != len(texts):
        return texts
    folded = _fold(joined)
    exact = [word for word in EXACT if word in joined]
    queries = "\0".join(("", *[text for text in texts if "=" in text]))
    exact += [f"{name}=" for name in set(PARAMETER_NAME.findall(queries)) if is_secret(name)]
    if "@" in joined:
        exact += CREDENTIALS.findall(joined)
    loose = [word for word in FOLDED if word in folded]
    found = {text for word in exact for text in texts if word in text}
    if loose:
        folds = folded[1:].split("\0")
        found.update(text for word in loose for text, fold in zip(texts, folds, strict=True) if word in fold)
    return found


def _fold(text: str) -> str:
    """The text in small letters, with 0 for every digit and without blanks and hyphens; bytes stand for the rest."""
    if not text.isascii():
        odd = {ord(letter): LETTERS.get(letter, "0") for letter in set(text) if letter in LETTERS or letter.isdecimal()}
        text = text.translate(odd) if odd else text
    return text.encode("utf-8", "replace").translate(FOLDS, b" -").decode("latin-1")


def _scrubbed(payload: Payload, texts: Mapping[str, str], lines: Mapping[str, str]) -> Payload:
    """The event with what stands for its texts and lines of source, and without the values of secret names."""

    def text(value: str) -> str:
        return texts.get(value, value)

    kept = {key: value for key, value in payload.user.items() if key == "ip_address"}
    return msgspec.structs.replace(
        payload,
        message=text(payload.message),
        transaction=text(payload.transaction),
        exceptions=tuple(_scrub_exception(exception, text, lines) for exception in payload.exceptions),
        breadcrumbs=tuple(
            msgspec.structs.replace(entry, message=text(entry.message), data=scrub_value(entry.data, text))
            for entry in payload.breadcrumbs
        ),
        fingerprint=tuple(text(part) for part in payload.fingerprint),
        tags={key: SCRUBBED if is_secret(key) else text(value) for key, value in payload.tags.items()},
        user={**scrub_value(payload.user, text), **kept},
        request=scrub_value(payload.request, text),
        contexts=scrub_value(payload.contexts, text),
        extra=scrub_value(payload.extra, text),
    )


def _scrub_exception(exception: ExceptionValue, text: Callable[[str], str], lines: Mapping[str, str]) -> ExceptionValue:
    frames = tuple(_scrub_frame(frame, text, lines) for frame in exception.frames)
    return msgspec.structs.replace(exception, value=text(exception.value), frames=frames)


def _scrub_frame(frame: Frame, text: Callable[[str], str], lines: Mapping[str, str]) -> Frame:
    return msgspec.structs.replace(
        frame,
        filename=text(frame.filename),
        abs_path=text(frame.abs_path),
        context_line=frame.context_line and lines.get(frame.context_line, frame.context_line),
        pre_context=tuple(lines.get(line, line) for line in frame.pre_context),
        post_context=tuple(lines.get(line, line) for line in frame.post_context),
    )


def scrub_text(text: str) -> str:
    """A text without what looks like a secret."""
    return _without_secrets(text) if suspicious((text,)) else text


def scrub_source(line: str) -> str:
    """A line of source code without literal secrets; `password = form.password` is code, and stays."""
    return _without_looks(line) if suspicious((line,)) else line


def scrub_value(value: Any, text: Callable[[str], str] = scrub_text, depth: int = 0) -> Any:
    """A JSON value without secrets: by the name of a field, by the look of a text, for which `text` is asked."""
    if isinstance(value, str):
        return text(value)
    if depth > DEEPEST:
        return "[too deep]"
    if isinstance(value, dict):
        return {
            key: SCRUBBED
            if is_secret(str(key)) and value[key] not in (None, "", {}, [])
            else scrub_value(value[key], text, depth + 1)
            for key in value
        }
    if isinstance(value, list | tuple):
        return [
            SCRUBBED if is_told else scrub_value(part, text, depth + 1)
            for is_told, part in zip(_told_secret(value), value, strict=True)
        ]
    return SCRUBBED if _is_card_number(value) else value


def _told_secret(parts: Sequence[Any]) -> list[bool]:
    """Which parts are a secret by the one before: as in `["Cookie", "a=b"]`, or as after `--password`."""
    if len(parts) == 2 and isinstance(parts[0], str) and is_secret(parts[0]):
        return [False, True]
    return [False, *map(_is_secret_flag, parts)][: len(parts)]


def _is_secret_flag(part: Any) -> bool:
    """Whether the next part of a command line is a secret, as after `--password`."""
    return isinstance(part, str) and part.startswith("-") and is_secret(part.lstrip("-"))


def _is_card_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 10**11 and is_card(str(value))


def _without_secrets(text: str) -> str:
    for pattern, replacement in (*LOOKS, NAMED):
        text = pattern.sub(replacement, text)
    return PARAMETER.sub(_without_value, text) if "=" in text else text


def _without_looks(line: str) -> str:
    for pattern, replacement in LOOKS:
        line = pattern.sub(replacement, line)
    return line


def _without_value(parameter: re.Match[str]) -> str:
    """A parameter whose name is a secret's, as in `/reset?sid=…&next=/`."""
    return f"{parameter[1]}{parameter[2]}={SCRUBBED}" if is_secret(parameter[2]) else parameter[0]


def is_card(text: str) -> bool:
    """Whether 13 to 19 digits pass the Luhn check that payment cards pass (ISO/IEC 7812-1, annex B)."""
    digits = [int(character) for character in text if character.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
