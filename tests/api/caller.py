"""A caller of the API with a token: what every test of it begins with."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from monitor.models import Organisation, Project, Token


@dataclass(frozen=True)
class Caller:
    """Calls with one token. Answers are Django's test responses."""

    project: Project
    plain: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.plain}"}

    def get(self, path: str, **headers: str) -> Any:
        return Client().get(path, headers={**self.headers, **headers})

    def send(self, method: str, path: str, body: Any) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Client().generic(method, path, content, "application/json", headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        return self.send("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self.send("PUT", path, body)

    def post_gzipped(self, path: str, body: Any) -> Any:
        headers = {**self.headers, "Content-Encoding": "gzip"}
        return Client().generic(
            "POST", path, gzip.compress(json.dumps(body).encode()), "application/json", headers=headers
        )


def make_caller(*scopes: str, slug: str = "shop", whole_organisation: bool = False) -> Caller:
    """A caller of the project `slug` of the organisation `<slug>-org`, which is made where it is missing."""
    organisation, _ = Organisation.objects.get_or_create(slug=f"{slug}-org", defaults={"name": slug})
    project = Project.objects.filter(organisation=organisation, slug=slug).first()
    project = project or Project.objects.create(organisation=organisation, name=slug, slug=slug)
    _, plain = Token.objects.issue(organisation, "t", scopes, None if whole_organisation else project)
    return Caller(project, plain)
