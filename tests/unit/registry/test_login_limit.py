"""How often a password may be tried."""

import pytest

from registry.domain.errors.access import TooManyAttempts, Unauthenticated
from registry.services.login_limit import LoginLimit


def guess(limit: LoginLimit, address: str = "10.0.0.1", name: str = "ann", *, right: bool = False) -> str:
    try:
        with limit.attempt(address, name):
            if not right:
                raise Unauthenticated
    except (Unauthenticated, TooManyAttempts) as error:
        return type(error).__name__
    return "in"


def test_wrong_passwords_use_the_attempts_up() -> None:
    limit = LoginLimit(3)
    assert [guess(limit) for _ in range(4)] == ["Unauthenticated"] * 3 + ["TooManyAttempts"]
    assert guess(limit, right=True) == "TooManyAttempts"
    assert guess(limit, name="bob", right=True) == "in"
    assert guess(limit, address="10.0.0.2", right=True) == "in"


def test_the_right_password_gives_them_back() -> None:
    limit = LoginLimit(3)
    for _ in range(5):
        assert [guess(limit), guess(limit), guess(limit, right=True)] == ["Unauthenticated"] * 2 + ["in"]


def test_an_address_does_not_try_all_names() -> None:
    limit = LoginLimit(2)
    answers = [guess(limit, name=f"user{number}") for number in range(21)]
    assert answers == ["Unauthenticated"] * 20 + ["TooManyAttempts"]
    assert guess(limit, address="10.0.0.2", name="user1") == "Unauthenticated"


def test_it_is_said_when_to_try_again() -> None:
    limit = LoginLimit(1)
    guess(limit)
    with pytest.raises(TooManyAttempts) as raised, limit.attempt("10.0.0.1", "ann"):
        pytest.fail("it was let in")
    assert 1 <= raised.value.fields["retry_after"] <= 60
