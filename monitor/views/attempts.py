"""Slows guessing of passwords down: failed logins are counted by e-mail for a while."""

import hashlib

import redis

from monitor.broker import client

MOST = 10
WINDOW_S = 300
KEY = "farside:login:{}"


def too_many(email: str) -> bool:
    """Whether this e-mail failed so often lately that not even the right password is tried."""
    try:
        return int(client().get(_key(email)) or 0) >= MOST
    except redis.RedisError:
        return False  # Logging in must work while the broker is away; then nothing counts.


def failed(email: str) -> None:
    """Count a failed login; the count ends WINDOW_S after the first."""
    try:
        pipe = client().pipeline()
        pipe.set(_key(email), 0, ex=WINDOW_S, nx=True)
        pipe.incr(_key(email))
        pipe.execute()
    except redis.RedisError:
        return


def _key(email: str) -> str:
    return KEY.format(hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32])
