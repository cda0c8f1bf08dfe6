"""The client's address: found behind trusted proxies, used to tell clients apart, then dropped."""

import hmac
from collections.abc import Mapping
from hashlib import sha256

from django.conf import settings


def client_address(peer: str, headers: Mapping[str, str]) -> str:
    """The address of the client: the peer's, or with FARSIDE_TRUSTED_PROXIES = n the n-th from the right that
    X-Forwarded-For names. What a client itself writes into that header stands further left and is not believed.
    """
    proxies = settings.FARSIDE_TRUSTED_PROXIES
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    return hops[-min(proxies, len(hops))] if proxies and hops else peer


def hash_client(project_id: int, address: str, user_agent: str) -> str:
    """32 hexadecimal digits that tell clients of one project apart and lead back to no address without the key."""
    text = f"{project_id}:{address}:{user_agent}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode("utf-8", "replace"), sha256).hexdigest()[:32]
