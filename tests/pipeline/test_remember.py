"""What is remembered of an object is found by that very object, and by no other."""

import gc

from monitor.pipeline.remember import ByIdentity


def test_an_equal_object_is_another_one() -> None:
    kept: ByIdentity[tuple[int, ...], str] = ByIdentity(10)
    key, equal = tuple(range(2)), tuple(range(2))
    assert kept.put(key, "value") == "value"
    assert (kept.get(key), kept.get(equal)) == ("value", None)


def test_what_stands_beside_the_key_counts_by_value() -> None:
    kept: ByIdentity[list[int], str] = ByIdentity(10)
    key: list[int] = []
    kept.put(key, "a", ("map", 1))
    assert (kept.get(key, ("map", 1)), kept.get(key, ("map", 2)), kept.get(key)) == ("a", None, None)


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    kept: ByIdentity[list[int], int] = ByIdentity(2)
    first, second, third = [1], [2], [3]
    kept.put(first, 1)
    kept.put(second, 2)
    kept.get(first)
    kept.put(third, 3)
    assert [kept.get(one) for one in (first, second, third)] == [1, None, 3]


def test_no_new_object_takes_the_identity_of_a_key() -> None:
    kept: ByIdentity[list[int], int] = ByIdentity(1000)
    for number in range(500):
        kept.put([number], number)
    gc.collect()
    assert [kept.get([number]) for number in range(500)] == [None] * 500
