"""What an account may be called and how it may be reached."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sut.accounts.addresses import Email, folded
from sut.accounts.schemas import Credentials, DisplayName, NewPassword, Registration

pytestmark = pytest.mark.objective("sec-input")

EMAIL: TypeAdapter[str] = TypeAdapter(Email)
NAME: TypeAdapter[str] = TypeAdapter(DisplayName)
PASSWORD: TypeAdapter[str] = TypeAdapter(NewPassword)


@pytest.mark.parametrize(
    "address",
    ["ada@example.org", "ada.b+c@sub.example.org", "a@b.co", "A_1-2@example-site.org"],
)
def test_an_address_that_mail_can_reach_is_taken(address: str) -> None:
    assert EMAIL.validate_python(address).lower() == address.lower()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "ada@@example.org",
        "ada example@example.org",
        " ada@example.org",
        "ada@example.org ",
        "ada@example.org\n",
        "ada@exam ple.org",
        "ada@-example.org",
        "ada@example..org",
        ".ada@example.org",
        "ada..b@example.org",
        "ada@127.0.0.1",
        '"ada"@example.org',
        "ada\x00@example.org",
        "x" * 65 + "@example.org",
        "ada@" + "x" * 250 + ".org",
    ],
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        EMAIL.validate_python(address)


@pytest.mark.parametrize(
    "name", ["A", "Ada", "Ada Lovelace", "Zoë", "李", "O'Neill-Smith", "x" * 40]
)
def test_a_name_that_can_be_read_is_taken(name: str) -> None:
    assert NAME.validate_python(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " Ada",
        "Ada ",
        "x" * 41,
        "a\nb",
        "a\x00b",
        "a\x7fb",
        "a\u202eb",
        "a\u200bb",
        "\ufeff",
    ],
    ids=ascii,
)
def test_a_name_that_hides_something_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(name)


@given(st.text(max_size=60))
def test_every_name_that_is_taken_can_be_shown_on_one_line(name: str) -> None:
    try:
        taken = NAME.validate_python(name)
    except ValidationError:
        return
    assert taken == name == name.strip()
    assert len(taken.splitlines()) == 1


@pytest.mark.objective("sec-passwords")
@pytest.mark.parametrize(("length", "taken"), [(11, False), (12, True), (128, True), (129, False)])
def test_a_password_has_12_to_128_characters(length: int, taken: bool) -> None:
    for letter in "xü密":
        try:
            PASSWORD.validate_python(letter * length)
        except ValidationError:
            assert not taken
        else:
            assert taken


def test_a_registration_cannot_choose_a_role() -> None:
    body = {"email": "a@b.co", "password": "twelve chars", "display_name": "A"}
    assert Registration.model_validate(body)
    with pytest.raises(ValidationError, match="role"):
        Registration.model_validate(body | {"role": "admin"})


@pytest.mark.objective("sec-passwords")
def test_a_log_in_takes_a_password_of_any_length_so_that_it_tells_nothing() -> None:
    assert Credentials.model_validate({"email": "a@b.co", "password": "x"})


def test_what_stands_for_an_address_in_redis_pays_no_regard_to_case_and_names_nobody() -> None:
    assert folded("Ada@Example.org") == folded("aDA@eXAMPLE.oRG") != folded("ada@example.com")
    assert "ada" not in folded("ada@example.org")
