"""Framing: whole records come back, torn and damaged ones do not."""

from hypothesis import given
from hypothesis import strategies as st

from edge.record import pack, unpack


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_records_come_back_in_order(payloads: list[bytes]) -> None:
    data = b"".join(pack(payload, 1.5) for payload in payloads)
    assert [record.payload for record in unpack(data)] == payloads


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=4), st.data())
def test_a_torn_end_loses_only_the_last(payloads: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pack(payload, 1.5) for payload in payloads[:-1])
    last = pack(payloads[-1], 1.5)
    torn = last[: data.draw(st.integers(0, len(last) - 1))]
    assert [record.payload for record in unpack(whole + torn)] == payloads[:-1]


@given(st.integers(0, 200))
def test_one_flipped_bit_loses_only_its_record(place: int) -> None:
    data = bytearray(b"".join(pack(f"{number}".encode() * 10, 1.5) for number in range(9)))
    data[place] ^= 1
    assert len(list(unpack(bytes(data)))) == 8
