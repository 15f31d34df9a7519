"""The inspect container's answer is written where foreign code runs: it is checked."""

import json

import pytest

from builders.installed import parse_installed


def test_names_are_normalised_and_sorted_and_noise_passed_over():
    output = b'hello from a .pth file\nweles-installed:{"Scikit_Learn": "1.5.2", "numpy": "1.26.4"}\n'
    assert parse_installed(output) == {"numpy": "1.26.4", "scikit-learn": "1.5.2"}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "no mark",
        "weles-installed:",
        "weles-installed:[]",
        "weles-installed:{",
        'weles-installed:{"a": 1}',
        'weles-installed:{"a": null}',
        'weles-installed:{"": "1"}',
        'weles-installed:{"a": "' + "1" * 300 + '"}',
        "weles-installed:" + json.dumps({f"p{number}": "1" for number in range(10_001)}),
        "weles-installed:" + "[" * 100_000,
    ],
    ids=lambda answer: answer[:30],
)
def test_what_is_no_answer_is_none(answer):
    assert parse_installed(answer.encode()) is None
