"""What `farside up` prints when everything answers: where to go, and what to paste into a page."""

import json
from pathlib import Path

from monitor.credentials import Credentials, kept_credentials

SDK_MANIFEST = Path(__file__).parent / "static" / "monitor" / "sdk" / "manifest.json"


def welcome(with_demo: bool) -> str:
    """The lines to print, from the credentials that are kept."""
    found = kept_credentials()
    if found is None:
        return "Farside is ready."
    lines = [
        "",
        f"  Farside is ready at  {found['url']}",
        "",
        f"  login     {found['email']}",
        f"  password  {found['password']}",
        f"  DSN       {found['dsn']}",
        "",
        "  Paste this into the <head> of your pages; errors then appear under Issues:",
        "",
        *(f"    {line}" for line in snippet(found)),
        *(["", f"  Or break something first: the demo shop is at  {found['url']}/demo/"] if with_demo else []),
        "",
        "  Ctrl-C stops everything; the next start finds all data again.",
        "",
    ]
    return "\n".join(lines)


def snippet(found: Credentials) -> list[str]:
    """The two script elements that load our SDK and start it."""
    sdk = json.loads(SDK_MANIFEST.read_text(encoding="utf-8"))
    source = f"{found['url']}/sdk/{sdk['file']}"
    return [
        f'<script src="{source}" integrity="{sdk["integrity"]}" crossorigin="anonymous"></script>',
        f'<script>Farside.init({{ dsn: "{found["dsn"]}" }})</script>',
    ]
