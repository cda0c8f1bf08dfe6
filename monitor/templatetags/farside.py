"""Filters and tags that pages share: times, numbers, sparklines, initials."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SPANS = ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """The largest whole unit of a length of time: `45 s`, `6 min`, `3 h`, `12 d`."""
    for size, unit in SPANS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


@register.filter
def when(at: datetime | None, suffix: str = " ago") -> str | SafeString:
    """A time as `6 min ago`, the exact one on hover. `suffix` "" for narrow columns; "–" for None."""
    if at is None:
        return "–"
    age = (timezone.now() - at).total_seconds()
    text = f"in {span(-age)}" if age <= -1 else span(age)
    if age >= 1:
        text += suffix
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exactly(at), text)


@register.filter
def exactly(at: datetime | None) -> str:
    """A time in full, UTC: `2026-11-22 15:04:05 UTC`."""
    return timezone.localtime(at, timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M:%S UTC") if at else "–"


@register.filter
def number(value: float | int | None) -> str:
    """With thousands separators; "–" for None."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


@register.filter
def milliseconds(value: float | None) -> str:
    """A duration as `87 ms` or `1.24 s`; "–" for None."""
    if value is None:
        return "–"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.2f} s"


@register.filter
def measure(value: float, unit: str) -> str:
    """A metric's value in its unit: `42 %`, `3.1 GB`, `120 kB/s`, `5.2 tasks`."""
    if unit == "ratio":
        return f"{value * 100:.0f} %"
    if unit.startswith("bytes"):
        power = min(max(int(abs(value) or 1).bit_length() - 1, 0) // 10, 4)
        return f"{value / 1024**power:.{int(power > 0)}f} {('B', 'kB', 'MB', 'GB', 'TB')[power]}{unit[5:]}"
    return f"{value:,.2f} {unit}".rstrip()


@register.filter
def epoch(at: datetime) -> float:
    """Seconds since 1970."""
    return at.timestamp()


@register.filter
def initials(user: Any) -> str:
    """Two letters for a user: of first and last name, else of the e-mail."""
    names = [name for name in (user.first_name, user.last_name) if name]
    names = names or user.username.split("@")[0].replace("-", ".").split(".")
    return "".join(name[:1] for name in names[:2]).upper() or "?"


@register.filter
def person(user: Any) -> str:
    """A user's name, else their e-mail; "Farside" for nobody."""
    return (user.get_full_name() or user.username) if user else "Farside"


@register.filter
def value_of(mapping: dict[Any, Any], key: Any) -> Any:
    """`mapping[key]`, or None."""
    return mapping.get(key)


@register.filter
def is_composite(value: Any) -> bool:
    """Whether a value of an event needs several lines: a mapping or a list."""
    return isinstance(value, dict | list)


@register.inclusion_tag("_spark.html")
def spark(counts: list[int], hot_from: int | None = None) -> dict[str, Any]:
    """A bar a count, the last one at the right edge. Bars from `hot_from` on are marked as rising."""
    top = max([*counts, 1])
    hot = len(counts) if hot_from is None else hot_from
    bars = [
        {"x": index * 5, "y": round(28 - height, 1), "height": round(height, 1), "hot": index >= hot}
        for index, count in enumerate(counts)
        if (height := max(count / top * 26, 1.5 if count else 0))
    ]
    return {"bars": bars, "total": sum(counts), "width": len(counts) * 5}


@register.inclusion_tag("_line.html")
def line(points: list[tuple[float, float | None]], onset: float) -> dict[str, Any]:
    """A small line through (epoch seconds, value) points, 110 × 30, with a mark at `onset`."""
    known = [(at, value) for at, value in points if value is not None]
    if len(known) < 2:
        return {"path": ""}
    begin, end = known[0][0], known[-1][0]
    low, high = min(value for _, value in known), max(value for _, value in known)
    across, up = 110 / ((end - begin) or 1), 26 / ((high - low) or 1)
    steps = [f"{(at - begin) * across:.1f} {28 - (value - low) * up:.1f}" for at, value in known]
    return {"path": "M" + " L".join(steps), "mark": round((onset - begin) * across, 1)}


@register.inclusion_tag("host/_ratio.html")
def ratio(values: dict[str, list[Any]], name: str) -> dict[str, Any]:
    """The highest value of a metric of a host, a share from 0 to 1, as per cent with a bar."""
    highest = max(values.get(name, []), key=lambda value: value.value, default=None)
    if highest is None:
        return {"value": None}
    percent = min(max(highest.value * 100, 0.0), 100.0)
    label = ", ".join(f"{key} {text}" for key, text in highest.series.labels.items())
    return {"value": highest.value, "percent": percent, "label": label, "tone": "bad" if percent >= 90 else ""}
