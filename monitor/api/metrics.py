"""What agents send: the readings of a host."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.body import BoundedJSONParser, TooLarge, validated
from monitor.api.fields import CutCharField, Labels, Moment, Values
from monitor.api.probe import PROBLEMS, AcceptedSerializer
from monitor.api.target import PROJECT, target_project
from monitor.api.view import TokenView
from monitor.pipeline.sender_clock import EntryRefused
from monitor.pipeline.store_readings import SentReadings, SentSample, SentSeries, store_readings

MOST_VALUES = 5000
MOST_LABEL_KEY = 500


class HostSerializer(serializers.Serializer[Any]):
    """The machine, by a name that is unique in the project."""

    name = serializers.CharField(max_length=200)
    labels = Labels(required=False, default=dict)
    agent = CutCharField(60)


class SeriesSerializer(serializers.Serializer[Any]):
    """What the values at one place of each sample are."""

    name = serializers.CharField(max_length=200)
    unit = CutCharField(30)
    kind = serializers.ChoiceField(choices=["gauge", "counter"], required=False, default="gauge")
    labels = Labels(required=False, default=dict)


class SampleSerializer(serializers.Serializer[Any]):
    """The values of one moment, in the order of `series`; null where there is none."""

    at = Moment()
    values = Values()


class MetricsSerializer(serializers.Serializer[Any]):
    """Readings of one host."""

    host = HostSerializer()
    sent_at = Moment()
    series = SeriesSerializer(many=True)
    samples = SampleSerializer(many=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Every sample has a value (or null) for each series, and no series comes twice."""
        for index, sample in enumerate(attrs["samples"]):
            if len(sample["values"]) != len(attrs["series"]):
                text = f"There are {len(sample['values'])} values for {len(attrs['series'])} series."
                raise ValidationError({"samples": {str(index): {"values": [text]}}})
        return attrs


class Metrics(TokenView):
    """Takes readings of hosts."""

    required_scopes = {"POST": "metrics:write"}
    parser_classes = [BoundedJSONParser]

    @extend_schema(
        operation_id="metrics_create",
        tags=["metrics"],
        parameters=[PROJECT],
        request=MetricsSerializer,
        responses={202: AcceptedSerializer, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Store up to 5,000 values; a moment of a host that was stored before changes nothing."""
        project = target_project(request)
        _refuse_too_many(request.data)
        sent = _sent(validated(MetricsSerializer(data=request.data)))
        _refuse_unfit(sent.series)
        try:
            stored = store_readings(project, sent, timezone.now())
        except EntryRefused as error:
            raise ValidationError({"detail": str(error)}) from error
        return Response({"accepted": stored.accepted, "duplicates": stored.duplicates}, status=202)


def _refuse_too_many(data: Any) -> None:
    """413 before anything is looked at closely, so that a huge request costs little."""
    if not isinstance(data, Mapping):
        return
    series, samples = data.get("series"), data.get("samples")
    if isinstance(series, list) and isinstance(samples, list):
        count = max(len(series) * len(samples), len(series), len(samples))
        if count > MOST_VALUES:
            raise TooLarge(f"samples: {count} values; at most {MOST_VALUES} a request, send them in parts.")


def _refuse_unfit(series: Sequence[SentSeries]) -> None:
    """400 for a series that comes twice, or whose labels are too long together."""
    places: dict[tuple[str, str], int] = {}
    for index, one in enumerate(series):
        key = one.key()
        if len(key[1]) > MOST_LABEL_KEY:
            raise ValidationError(
                {"detail": f"series[{index}].labels: longer than {MOST_LABEL_KEY} characters in all."}
            )
        if (first := places.setdefault(key, index)) != index:
            raise ValidationError({"detail": f"series[{index}]: the same name and labels as series[{first}]."})


def _sent(body: Mapping[str, Any]) -> SentReadings:
    return SentReadings(
        host=body["host"]["name"],
        labels=body["host"]["labels"],
        agent=body["host"]["agent"],
        sent_at=body["sent_at"],
        series=[SentSeries(one["name"], one["unit"], one["kind"], one["labels"]) for one in body["series"]],
        samples=[SentSample(sample["at"], sample["values"]) for sample in body["samples"]],
    )
