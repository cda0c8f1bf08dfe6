"""Pages of a list, with Sentry's `?cursor=` and `Link` header."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

PAGE_SIZE = 100
Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
_CURSOR = re.compile(r"0:(\d{1,7}):[01]")


def page_of(request: Request, found: "QuerySet[Row, Any]") -> tuple[list[Any], dict[str, str]]:
    """The rows of the page that `?cursor=` names (0:<offset>:0), and the headers that lead to its neighbours."""
    return _page(request, found, PAGE_SIZE)


def page_of_list(request: Request, found: Sequence[Item], size: int) -> tuple[list[Item], dict[str, str]]:
    """The same of a sequence, in pages of `size`."""
    return _page(request, found, size)


def _page(request: Request, found: Any, size: int) -> tuple[list[Any], dict[str, str]]:
    offset = _offset(request.query_params.get("cursor", ""))
    rows = list(found[offset : offset + size + 1])
    before = _link(request, "previous", max(0, offset - size), 1, offset > 0)
    after = _link(request, "next", offset + size, 0, len(rows) > size)
    return rows[:size], {"Link": f"{before}, {after}"}


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    if not (found := _CURSOR.fullmatch(cursor)):
        raise ParseError("The cursor is none that this server gave; leave it out to begin with the first page.")
    return int(found[1])


def _link(request: Request, relation: str, offset: int, is_previous: int, has_results: bool) -> str:
    query = request.query_params.copy()
    query["cursor"] = f"0:{offset}:{is_previous}"
    url = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    results = "true" if has_results else "false"
    return f'<{url}>; rel="{relation}"; results="{results}"; cursor="{query["cursor"]}"'
