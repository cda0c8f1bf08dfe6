"""Reads answers the way a person does: the text of a page, without its markup."""

import html
import re
from typing import Any

from django.test import Client


def text_of(answer: Any) -> str:
    """The visible text, white space folded."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def read(browser: Client, path: str, **query: str) -> str:
    """The text of the page at `path`, which must answer 200."""
    answer = browser.get(path, query)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return text_of(answer)


def said(browser: Client, path: str, **form: Any) -> str:
    """Post the form, follow the redirect, and return the text of the page one lands on."""
    answer = browser.post(path, form, follow=True)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    assert answer.redirect_chain, f"{path} did not redirect"
    return text_of(answer)
