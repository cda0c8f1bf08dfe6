"""Fields of what probers and agents send."""

import math
import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

MOST_LABELS = 20
_EARLIEST, _LATEST = 2000, 2100


class Number(serializers.FloatField):
    """A finite number."""

    def to_internal_value(self, data: Any) -> float:
        """As FloatField, without infinities; JSON's true and numbers in quotes are no numbers."""
        if isinstance(data, bool | str):
            self.fail("invalid")
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class Moment(serializers.DateTimeField):
    """ISO 8601; without an offset it is UTC."""

    def to_internal_value(self, value: Any) -> Any:
        """As DateTimeField, within the years in which adding a clock's error stays a date."""
        moment = super().to_internal_value(value)
        if not _EARLIEST <= moment.year < _LATEST:
            raise ValidationError(f"The year must be from {_EARLIEST} to {_LATEST - 1}.")
        return moment


class CutCharField(serializers.CharField):
    """Text that is cut at `most` characters: a long error message is no reason to refuse a result."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, allow_null=True, default="", **kwargs)
        self._most = most

    def to_internal_value(self, data: Any) -> str:
        """As CharField, cut."""
        return super().to_internal_value(data)[: self._most]

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """As CharField; null is the empty text."""
        return super().run_validation(data) or ""


class WebAddress(serializers.CharField):
    """An http or https URL; the host may be any name or address, inside a network often without a dot."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """As CharField, with one of the two schemes and a host."""
        text = super().to_internal_value(data)
        if not re.match(r"https?://[^\s/]\S*$", text, re.IGNORECASE):
            raise ValidationError("Enter an address that begins with https:// or http://.")
        return text


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": MOST_LABELS})
class Labels(serializers.Field[dict[str, str], Any, Any, Any]):
    """Label -> value, both short texts."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """The labels. Raises for what is no flat object of short texts."""
        if not isinstance(data, dict):
            raise ValidationError("Labels are an object of texts.")
        if len(data) > MOST_LABELS:
            raise ValidationError(f"There are {len(data)} labels; at most {MOST_LABELS} are allowed.")
        for label, value in data.items():
            if not isinstance(value, str):
                raise ValidationError(f"The value of the label {label!r} is no text.")
            if not 1 <= len(label) <= 64 or len(value) > 200 or "\0" in label + value:
                raise ValidationError(f"The label {label[:64]!r} is empty or too long (64, its value 200 characters).")
        return dict(data)

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        """Itself."""
        return value


@extend_schema_field({"type": "array", "items": {"type": "number", "nullable": True}})
class Values(serializers.Field[list[float | None], Any, Any, Any]):
    """Numbers and nulls. A field of its own, for a request holds thousands."""

    def to_internal_value(self, data: Any) -> list[float | None]:
        """The numbers. Raises for anything else, naming its place."""
        if not isinstance(data, list):
            raise ValidationError("Values are a list of numbers and nulls.")
        for index, value in enumerate(data):
            if value is not None and (type(value) not in (int, float) or not math.isfinite(value)):
                raise ValidationError({str(index): "This is no finite number."})
        return [None if value is None else float(value) for value in data]

    def to_representation(self, value: list[float | None]) -> list[float | None]:
        """Itself."""
        return value
