"""A message without what varies from one occurrence to the next."""

import re

MOST_CHARACTERS = 1000
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_PARAMETERS = re.compile(
    rf"""(?x)
    (?P<url>\b[a-z][a-z0-9+.-]{{0,30}}://[^\s"'<>]+)
    | (?P<email>(?<![\w.+-])[\w.+-]{{1,64}}@[\w-]+\.[\w.-]+)
    | (?P<uuid>\b[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}\b)
    | (?P<date>\b\d{{4}}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b
        |\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\ )?(?:\d{{1,2}}\ {_MONTH}|{_MONTH}\ \d{{1,2}}),?\ \d{{4}}
         (?:,?\ \d\d:\d\d(?::\d\d)?(?:\ ?(?:GMT|UTC)(?:[+-]\d{{4}})?)?)?)
    | (?P<ip>\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b(?::\d+)?)
    | (?P<quoted>"[^"\n]{{1,200}}"|(?<!\w)'[^'\n]{{1,200}}'(?!\w)|“[^”\n]{{1,200}}”|`[^`\n]{{1,200}}`)
    | (?P<id>(?<![\w.-])(?=[\w.-]*\d)[\w-]*[A-Za-z_][\w-]*(?:\.[\w-]+)*(?!\w))
    | (?P<number>(?<!\w)[+-]?\d+(?:[.,:]\d+)*(?:e[+-]?\d+)?)
    """
)
_UNIT = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?)(ms|s|[kKMG]?i?B|px|%|st|nd|rd|th)\b")


def parameterize(message: str) -> str:
    """The first line of a message with what varies (numbers, ids, addresses, quoted words) replaced by its kind."""
    line = message.strip().split("\n", 1)[0][:MOST_CHARACTERS]
    return _PARAMETERS.sub(lambda found: f"<{found.lastgroup}>", _UNIT.sub(r"\1 \2", line))
