"""Slack by incoming webhook: a message as Block Kit."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, SectionBlock

from monitor.channels.errors import Refused
from monitor.channels.message import Message, Place
from monitor.channels.outgoing import failure, post_json

MOST_HEADER = 150
MOST_TITLE = 1000
MOST_FIELD = 300
MOST_CODE = 1500
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def send(config: Mapping[str, Any], message: Message) -> None:
    """Deliver `message` to the webhook in `config["webhook_url"]`. Raises Refused or Unavailable."""
    url = str(config.get("webhook_url") or "")
    if not url:
        raise Refused("the channel has no webhook address; add one in its settings")
    if error := failure(post_json(url, compose(message)), urlsplit(url).hostname or "the receiver"):
        raise error


def compose(message: Message) -> dict[str, Any]:
    """The webhook's JSON: blocks, and `text` for clients and notifications that show no blocks."""
    blocks: list[Block] = [
        HeaderBlock(text=_cut(_one_line(message.headline), MOST_HEADER)),
        _section(_title(message)),
    ]
    if message.place:
        blocks.append(_section(_place(message.place)))
    if facts := _facts(message):
        blocks.append(SectionBlock(fields=facts))
    blocks.append(ContextBlock(elements=[MarkdownTextObject(text=escape(_one_line(message.why), MOST_TITLE))]))
    return {
        "text": escape(_one_line(f"{message.headline}: {message.title}"), MOST_TITLE),
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
    }


def escape(text: str, most: int) -> str:
    """`text` with Slack's three control characters escaped, cut to `most` characters but never inside an escape."""
    pieces = [_ESCAPES.get(character, character) for character in text]
    if sum(map(len, pieces)) <= most:
        return "".join(pieces)
    room, kept = most - 1, []
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def _title(message: Message) -> str:
    title = escape(_one_line(message.title), MOST_TITLE)
    # A bar would end the address, so it goes in its escaped form.
    linked = f"<{message.link.replace('|', '%7C')}|{title}>" if message.link else title
    return f"*{linked}*\n{escape(_one_line(message.culprit), MOST_FIELD)}".strip()


def _place(place: Place) -> str:
    where = f"{place.filename}:{place.lineno}" if place.lineno else place.filename
    text = f"`{_code(where, MOST_FIELD)}`"
    if place.function:
        text += f" in `{_code(place.function, MOST_FIELD)}`"
    return f"{text}\n```{_code(place.code.strip(), MOST_CODE)}```" if place.code.strip() else text


def _facts(message: Message) -> Sequence[MarkdownTextObject]:
    facts = {
        "Events": "" if message.events is None else f"{message.events:,}",
        "Users": "" if message.users is None else f"{message.users:,}",
        "Release": message.release,
        "Environment": message.environment,
    }
    return [
        MarkdownTextObject(text=f"*{name}*\n{escape(_one_line(value), MOST_FIELD)}")
        for name, value in facts.items()
        if value
    ]


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=text))


def _code(text: str, most: int) -> str:
    """Text for between backticks; its own would end the code."""
    return escape(_one_line(text).replace("`", "´"), most)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
