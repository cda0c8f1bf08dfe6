"""The grid of due moments: fixed for a key, spread over keys."""

from edge.clock import iso, offset_s, slot_after


def test_iso_is_utc_with_milliseconds() -> None:
    assert iso(0.25) == "1970-01-01T00:00:00.250Z"


def test_slot_is_after_now_and_within_one_interval() -> None:
    for now in (0.0, 59.999, 1_700_000_000.123):
        assert now < slot_after("shop", 60, now) <= now + 60


def test_slots_of_a_key_lie_on_one_grid_whenever_asked() -> None:
    first = slot_after("shop", 60, 1_700_000_000)
    assert slot_after("shop", 60, first) == first + 60
    assert slot_after("shop", 60, first + 0.5) == first + 60
    assert slot_after("shop", 60, first + 86_399) == first + 86_400


def test_offsets_spread_keys_over_the_interval() -> None:
    offsets = [offset_s(f"check {number}", 60) for number in range(200)]
    assert all(0 <= offset < 60 for offset in offsets)
    assert len({int(offset // 10) for offset in offsets}) == 6
