"""What an event that holds a secret shows somewhere: sought in all of it at once, since most events show nothing."""

import re
from functools import lru_cache

import re2

NAMES = (
    *("secret", "token", "api[-_]?key", "private[-_]?key", "access[-_]?key", "authoriz", "credential", "cookie"),
    *("csrf", "xsrf", r"connect\.sid", "jwt", "bearer", "signature", "card[-_]?(?:no|num)", "credit[-_]?card"),
    *("cvv", "cvc", "ssn", "iban", "webhook", "license[-_]?key", "encryption[-_]?key"),
)
"""A name that holds one of these is a secret's."""
BEGINNINGS = ("pwd",)
ENDS = (
    *("pass(?:word|wd|phrase|code)?", "auth", "dsn", "session[-_]?(?:id|key)", "forwarded[-_]?for"),
    "(?:client|remote|real|connecting|external|socket|peer|user)[-_.]?(?:ip|addr)(?:[-_]?addr)?(?:ess)?",
    "[-_.]ip[-_]?addr(?:ess)?",
)
WHOLE = ("pw", "sid", "sig", "cc", "pin", "otp", "ip", "ip[-_]?addr(?:ess)?", "forwarded")
"""Names of addresses are among them: who a client is counts as little as its passwords do."""

SECRET_NAME = re.compile(
    f"{'|'.join(NAMES)}|^(?:{'|'.join(BEGINNINGS)})|(?:{'|'.join(ENDS)})$|^(?:{'|'.join(WHOLE)})$", re.IGNORECASE
)
"""Names whose value is never kept, wherever they stand: a field, a header, a query parameter, `name=value` in text."""

WORDS = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "api[-_]?key", "access[-_]?key"),
    *("private[-_]?key", "authorization", "credential", "cookie", "session[-_]?id", "csrf", "xsrf", "jwt"),
    *("signature", "cvv", "cvc", "ssn"),
)
"""What a secret stands behind in text, as `password=…` or `"token": "…"`."""


def _signs() -> str:
    """For JSON as msgspec writes it, in RE2's syntax: looser than what it stands for, never stricter.

    What JSON escapes is only a blank here, a quote or a backslash; letters stand for themselves. Any character that is
    not ASCII may be a blank or a part of a name; four letters that are `i`, `k` or `s` to `re.IGNORECASE` are signs.
    """
    other = r"[^\x00-\x7f]"
    blank = rf"(?:\s|\\[bfnrt]|\\u00..|{other})"
    part = rf"(?:[\w.%\[\]-]|{other})*"
    rest = r"(?:[^\"\\]|\\.)*"
    value = rf"\\?[\"']?{blank}*[=:]"
    anywhere, at_end, whole = "|".join((*NAMES, *BEGINNINGS)), "|".join(ENDS), "|".join(WHOLE)
    name = rf"(?:{rest}(?:(?:{anywhere}){rest}|(?:{at_end}))|(?:{whole}))(?:\\n)?"
    by_name = (
        rf"(?:{anywhere}|{'|'.join(WORDS)}){part}{value}",
        rf"(?:{at_end})(?:\\n)?{value}",
        rf"[?&#;\"](?:{whole})(?:\\n)?{value}",
        rf"(?:{anywhere}){rest}\":",
        rf"\[\"{name}\",",
        rf"\"-+{name}\"",
        rf"(?:bearer|basic|digest|token){blank}",
    )
    by_look = (
        r"-----BEGIN|eyJ|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|hooks\.slack\.com",
        r"k_live_|k_test_|sk-|AIza|fst_|snty|sntry",
        r"://(?:[^/\s@\"\\]|\\.)*@",
        rf"(?:[^\w.-]|\\[bfnrt]|\\u00..|{other})(?:\p{{Nd}}[ -]?){{12}}\p{{Nd}}",
        r"[ıİſ\x{212A}]",
    )
    return "|".join((*(f"(?i:{sign})" for sign in by_name), *by_look))


_options = re2.Options()
_options.never_capture = True
_options.log_errors = False
_found = re2.compile(_signs(), _options)


def shows_a_secret(encoded: bytes) -> bool:
    """Whether JSON that msgspec has encoded may hold a secret in any text, or under any name.

    RE2 looks at each byte once, whatever is sought (https://swtch.com/~rsc/regexp/regexp3.html).
    """
    return _found.search(encoded) is not None


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether the value under this name is never kept."""
    return SECRET_NAME.search(name) is not None
