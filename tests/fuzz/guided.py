"""The properties under atheris: libFuzzer leads Hypothesis by the lines and branches of the door and the pipeline."""

import sys

import atheris
import django

django.setup()

with atheris.instrument_imports(include=["ingest", "monitor.pipeline", "monitor.batch"]):
    from tests.fuzz.oracle import check_envelope, check_event
    from tests.fuzz.properties import PROPERTIES, build

HARNESSES = [build(name, examples=1).hypothesis.fuzz_one_input for name in PROPERTIES]
HARNESSES += [check_envelope, check_event]


def one_input(data: bytes) -> None:
    """The first byte chooses the property; the last two take the bytes as they are."""
    if data:
        HARNESSES[data[0] % len(HARNESSES)](data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
