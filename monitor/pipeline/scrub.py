"""Takes secrets out of an event before anything of it is stored."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from monitor.pipeline.payload import Breadcrumb, ExceptionValue, Frame, Payload

SCRUBBED = "[scrubbed]"

SECRET_NAME = re.compile(
    r"pass(word|wd|phrase|code)?$|^pwd|^pw$|secret|token|api[-_]?key|apikey|private[-_]?key|access[-_]?key|auth$|authoriz"
    r"|credential|cookie|session[-_]?(id|key)$|csrf|xsrf|^sid$|connect\.sid|jwt|bearer|signature|^sig$|card[-_]?(no|num)"
    r"|credit[-_]?card|^cc$|cvv|cvc|^pin$|^otp$|ssn|iban|client[-_]?secret|webhook|dsn$|license[-_]?key|encryption[-_]?key"
    r"|^ip$|(^|[-_.])ip[-_]?addr(ess)?$|forwarded[-_]?for$|^forwarded$"
    r"|(client|remote|real|connecting|external|socket|peer|user)[-_.]?(ip|addr)([-_]?addr)?(ess)?$",
    re.IGNORECASE,
)
"""Names whose value is never kept, wherever they stand: a field, a header, a query parameter, `name=value` in text.
Names of addresses are among them: who a client is counts as little as its passwords do.
"""

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
            r"\b[srp]k_(live|test)_\w{8,}+|\bsk-[\w-]{20,}+|\bAIza[\w-]{30,}+|\bfst_[\w-]{20,}+|\bsntr?ys_[\w=-]{20,}+"
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
        r"""(?ix)((?:password|passwd|passphrase|pwd|secret|token|api[-_]?key|apikey|access[-_]?key|private[-_]?key|authorization
            |credential|cookie|session[-_]?id|csrf|xsrf|jwt|signature|cvv|cvc|ssn)[\w.-]{0,100}+["']?\s{0,20}+[=:]\s{0,20}+)
            ("[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s,;&"'<>}\])]++)"""
    ),
    rf"\1{SCRUBBED}",
)
"""What stands behind a secret's name, as `password=…` or `"token": "…"`."""

HINT = re.compile(
    r"\d[ -]?\d{3}|eyJ|BEGIN|://[^/\s@]*@|pass|pwd|secret|token|key|auth|cred|cookie|session|csrf|xsrf|jwt|sign|cv[vc]|ssn|bearer|basic"
    r"|digest|AKIA|ASIA|gh[pousr]_|github_pat|glpat|xox|hooks|k_(live|test)|sk-|AIza|fst_|sntr?ys|ip=|addr|forwarded",
    re.IGNORECASE,
)
"""Every pattern needs one of these: text without any, nearly all of it, costs one search instead of ten."""

DEEPEST = 12


def scrub(payload: Payload) -> Payload:
    """The event without secrets, and without addresses but for the user's, which normalize adds where it is kept."""
    kept = {key: value for key, value in payload.user.items() if key == "ip_address"}
    return msgspec.structs.replace(
        payload,
        message=scrub_text(payload.message),
        transaction=scrub_text(payload.transaction),
        exceptions=tuple(_scrub_exception(exception) for exception in payload.exceptions),
        breadcrumbs=tuple(_scrub_breadcrumb(breadcrumb) for breadcrumb in payload.breadcrumbs),
        fingerprint=tuple(scrub_text(part) for part in payload.fingerprint),
        tags={key: SCRUBBED if is_secret(key) else scrub_text(value) for key, value in payload.tags.items()},
        user={**scrub_value(payload.user), **kept},
        request=scrub_value(payload.request),
        contexts=scrub_value(payload.contexts),
        extra=scrub_value(payload.extra),
    )


def _scrub_exception(exception: ExceptionValue) -> ExceptionValue:
    frames = tuple(_scrub_frame(frame) for frame in exception.frames)
    return msgspec.structs.replace(exception, value=scrub_text(exception.value), frames=frames)


def _scrub_frame(frame: Frame) -> Frame:
    return msgspec.structs.replace(
        frame,
        filename=scrub_text(frame.filename),
        abs_path=scrub_text(frame.abs_path),
        context_line=None if frame.context_line is None else scrub_source(frame.context_line),
        pre_context=tuple(scrub_source(line) for line in frame.pre_context),
        post_context=tuple(scrub_source(line) for line in frame.post_context),
    )


def _scrub_breadcrumb(breadcrumb: Breadcrumb) -> Breadcrumb:
    return msgspec.structs.replace(
        breadcrumb, message=scrub_text(breadcrumb.message), data=scrub_value(breadcrumb.data)
    )


def _is_secret_flag(part: Any) -> bool:
    """Whether the next part of a command line is a secret, as after `--password`."""
    return isinstance(part, str) and part.startswith("-") and is_secret(part.lstrip("-"))


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether the value under this name is never kept."""
    return SECRET_NAME.search(name) is not None


def scrub_value(value: Any, depth: int = 0) -> Any:
    """A JSON value without secrets: by the name of a field, by the look of a text."""
    if isinstance(value, str):
        return scrub_text(value)
    if depth > DEEPEST:
        return "[too deep]"
    if isinstance(value, dict):
        return {
            key: SCRUBBED
            if is_secret(str(key)) and value[key] not in (None, "", {}, [])
            else scrub_value(value[key], depth + 1)
            for key in value
        }
    if isinstance(value, list | tuple):
        named = len(value) == 2 and isinstance(value[0], str) and is_secret(value[0])
        return [
            SCRUBBED if _is_secret_flag(before) or (named and before is value[0]) else scrub_value(part, depth + 1)
            for before, part in zip([None, *value], value, strict=False)
        ]
    if isinstance(value, int) and not isinstance(value, bool) and value > 10**11 and is_card(str(value)):
        return SCRUBBED
    return value


def scrub_text(text: str) -> str:
    """A text without what looks like a secret."""
    if not HINT.search(text):
        return text
    for pattern, replacement in (*LOOKS, NAMED):
        text = pattern.sub(replacement, text)
    return _scrub_query(text) if "=" in text else text


def scrub_source(line: str) -> str:
    """A line of source code without literal secrets; `password = form.password` is code, and stays."""
    if not HINT.search(line):
        return line
    for pattern, replacement in LOOKS:
        line = pattern.sub(replacement, line)
    return line


def _scrub_query(text: str) -> str:
    """Parameters with a secret's name, as in `/reset?sid=…&next=/`."""
    return re.sub(
        r"([?&#;]|^)([\w.\[\]%-]{1,200}+)=([^&#;\s\"'<>]++)",
        lambda found: f"{found[1]}{found[2]}={SCRUBBED}" if is_secret(found[2]) else found[0],
        text,
    )


def is_card(text: str) -> bool:
    """Whether 13 to 19 digits pass the Luhn check that payment cards pass (ISO/IEC 7812-1, annex B)."""
    digits = [int(character) for character in text if character.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
