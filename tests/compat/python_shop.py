"""A program that reports by sentry-sdk to the DSN in its environment. The SDK's own scrubber is off: secrets travel."""

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from sentry_sdk.scrubber import EventScrubber

logger = logging.getLogger("shop")


def log_in(name: str) -> None:
    password = os.environ["SHOP_SECRETS"].split()[0]
    if len(password) > len(name):
        said = os.environ["SHOP_SECRETS"].split()[1]
        raise ValueError(f"the bank refuses {name}, password={said}")


def check_out(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    logger.warning("stock is low")
    sentry_sdk.add_breadcrumb(category="cart", message="two apples", level="info", data={"count": 2})
    try:
        log_in("ada")
    except ValueError as error:
        raise RuntimeError("checkout failed") from error
    return [b""]


def main() -> None:
    sentry_sdk.init(
        release="shop@2.0.0",
        environment="staging",
        send_default_pii=True,
        event_scrubber=EventScrubber(denylist=[], pii_denylist=[]),
    )
    sentry_sdk.set_tag("feature", "checkout")
    sentry_sdk.set_user({"id": "u7", "email": "ada@example.com"})
    token = os.environ["SHOP_SECRETS"].split()[2]
    environ = {"PATH_INFO": "/cart", "HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_X_SHOP": "north"}
    setup_testing_defaults(environ)
    try:
        list(SentryWsgiMiddleware(check_out)(environ, lambda *_: lambda _: None))
    except RuntimeError:
        logger.error("payment of %s failed", 7)
    sentry_sdk.flush()


main()
