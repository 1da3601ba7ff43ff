"""Headers of a task that say how its job is to be tried."""

import pytest

from engine.bpmn.job_headers import HeaderError, JobSettings, read


def test_headers_of_ours_are_read_and_others_left_alone() -> None:
    found = read(
        {
            "url": "stays",
            "stepwell:timeout": "PT2M",
            "stepwell:waitTimeout": "90",
            "stepwell:heartbeatTimeout": "PT5S",
            "stepwell:backoff": "0.5",
            "stepwell:backoffCoefficient": "3",
            "stepwell:backoffCap": "P1D",
            "stepwell:backoffJitter": "0",
            "stepwell:nonRetryable": "ValueError, Declined",
        }
    )
    assert found == JobSettings(120, 90, 5, 0.5, 3, 86_400, 0, ("ValueError", "Declined"))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("timeout", "soon", "such as 'PT5S'"),
        ("timeout", "0", "above 0"),
        ("waitTimeout", "P100000D", "at most ten years"),
        ("backoffCoefficient", "0.5", "from 1 to 1000"),
        ("backoffJitter", "2", "from 0 to 1"),
        ("tiemout", "PT1S", "stepwell:heartbeatTimeout"),
    ],
)
def test_a_wrong_header_names_itself_and_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(HeaderError, match=expected) as error:
        read({f"stepwell:{name}": value})
    assert f"stepwell:{name}" in str(error.value)
