"""The base class of Sentry-shaped views that stand at several paths."""

import re

from drf_spectacular.openapi import AutoSchema

from monitor.api.view import TokenView


class PathSchema(AutoSchema):
    """Names operations by method and whole path: lists and details of the same resource would else be named alike."""

    def get_operation_id(self) -> str:
        """`put_api_0_issues_issue_id`."""
        return "_".join([self.method.lower(), *re.findall(r"\w+", self.path)])


class SentryView(TokenView):
    """Answers in Sentry's form, at Sentry's paths."""

    schema = PathSchema()
