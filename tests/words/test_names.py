"""Names: printed with their honorific, compared with a salutation, found in a text, and companies compared."""

import pytest

from api.words.names import contains_name, contains_part, is_list_form, misspelled, printed_name, same_firm
from tests.words.corpus import CORPUS, letters, talk


@pytest.mark.parametrize(
    ("honorific", "name", "printed"),
    [
        pytest.param("Ms", "Ana Ruiz", "Ms Ana Ruiz", id="once"),
        pytest.param(None, "Ana Ruiz", "Ana Ruiz", id="no-honorific"),
        pytest.param("Dr", None, None, id="no-name"),
        pytest.param("Dr.", "Dr. Anna Berg", "Dr. Anna Berg", id="twice"),
        pytest.param("Dr", "Dr. Anna Berg", "Dr. Anna Berg", id="twice-without-a-stop"),
        pytest.param("Dr.", "Doctor Anna Berg", "Doctor Anna Berg", id="twice-in-full"),
        pytest.param("Ms", "ms Ana Ruiz", "ms Ana Ruiz", id="twice-in-small-letters"),
        pytest.param("Prof. Dr.", "Dr. Anna Berg", "Prof. Dr. Anna Berg", id="its-end-twice"),
        pytest.param("Prof. Dr.", "Prof. Anna Berg", "Prof. Dr. Anna Berg", id="its-start-twice"),
        pytest.param("Dr.", "Prof. Dr. Anna Berg", "Prof. Dr. Anna Berg", id="more-in-the-name"),
        pytest.param("Ms", "Dr. Anna Berg", "Dr. Anna Berg", id="dr-instead-of-ms"),
        pytest.param("Frau", "Dr. Anna Berg", "Frau Dr. Anna Berg", id="both-in-german"),
        pytest.param("Chef", "Chef Camille", "Chef Camille", id="any-title"),
        pytest.param("Dr", "Dr", "Dr", id="only-a-title"),
        pytest.param("Dr", "Drew Ek", "Dr Drew Ek", id="only-the-same-letters"),
        pytest.param("Ms", "Suharti", "Ms Suharti", id="one-name"),
        pytest.param("Mr", "Dr", "Mr Dr", id="a-name-that-is-a-title"),
        pytest.param("Dr", "田中 健一", "Dr 田中 健一", id="family-name-first"),
        pytest.param("様", "田中 健一", "田中 健一様", id="after-the-name-in-japanese"),
        pytest.param("さん", "田中さん", "田中さん", id="after-the-name-twice"),
        pytest.param("先生", "王小明", "王小明先生", id="after-the-name-in-chinese"),
        pytest.param("씨", "김서연", "김서연 씨", id="after-the-name-in-korean"),
        pytest.param("-san", "Kenichi Tanaka", "Kenichi Tanaka-san", id="after-the-name-with-a-hyphen"),
        pytest.param("san", "Tanaka Kenichi", "Tanaka Kenichi-san", id="after-the-name-without-a-hyphen"),
    ],
)
def test_a_name_is_printed_with_its_honorific_once(honorific: str | None, name: str | None, printed: str) -> None:
    assert printed_name(honorific, name) == printed


@pytest.mark.parametrize(
    ("salutation", "name"),
    [
        pytest.param("Dear Ms Petrova,", "Petra Petrova", id="family-name-like-the-first-name"),
        pytest.param("Dear Mr Van der Berg,", "Joost van der Berg", id="particle-with-a-capital"),
        pytest.param("Dear Mr van der Berg,", "Joost Van Der Berg", id="particle-without-one"),
        pytest.param("Dear Mr O’Brien,", "Séan O'Brien", id="another-apostrophe"),
        pytest.param("Dear Mr O'Brien,", "Séan OʼBrien", id="a-third-apostrophe"),
        pytest.param("Dear Jose\u0301 Ruiz,", "Jos\u00e9 Ruiz", id="another-unicode-form"),
        pytest.param("Dear Ms Smith-Jones,", "Eva Smith\u2011Jones", id="another-hyphen"),
        pytest.param("Hello Jean Luc,", "Jean-Luc Étienne", id="without-the-hyphen"),
        pytest.param("Dear Ms PETROVA,", "Petra Petrova", id="all-capitals"),
        pytest.param("Dear Ms Petrova,", "petra petrova", id="recorded-in-small-letters"),
        pytest.param("Dear Ms García Márquez,", "Ana García Márquez", id="two-family-names"),
        pytest.param("Hello Robin,", "Robin Okafor", id="first-name-only"),
        pytest.param("Dear Mr Calloway Jr.,", "Henry Calloway Jr.", id="junior"),
        pytest.param("Dear Suharti,", "Suharti", id="one-name"),
        pytest.param("Dear 田中様,", "田中 健一", id="honorific-after-the-name"),
        pytest.param("Dear Dr Tanaka,", "田中 健一", id="another-script"),
        pytest.param("Dear all,", "Ali Ray", id="everybody"),
        pytest.param("Dear hiring team,", "Tea Hirin", id="a-team"),
        pytest.param("Good day,", "Dan Goods", id="nobody"),
        pytest.param("Dear Anna and Hanna,", "Anna Berg", id="somebody-else-beside"),
        pytest.param("Dear Dr. Berg, thank you for your time and Ana,", "Anna Berg", id="a-sentence-after-it"),
        pytest.param("Thank you, Ms Schmitt,", "Eva Schmidt", id="no-salutation"),
        pytest.param("", "Eva Schmidt", id="nothing"),
        pytest.param("Dear Mr Lu,", "Ben Li", id="too-short-to-tell"),
    ],
)
def test_a_correct_salutation_is_no_slip(salutation: str, name: str) -> None:
    assert misspelled(f"{salutation}\n\nThank you.", [name]) == []


@pytest.mark.parametrize(
    ("salutation", "name"),
    [
        pytest.param("Good morning Ms Schmitt,", "Eva Schmidt", id="another-greeting"),
        pytest.param("Dear Ms Schmitt:", "Eva Schmidt", id="a-colon"),
        pytest.param("Dear Ms Schmitt – thank you", "Eva Schmidt", id="a-dash"),
        pytest.param("Dear Ms Schmitt", "Eva Schmidt", id="no-mark"),
        pytest.param("Hi Schmitt!", "Eva Schmidt", id="an-exclamation-mark"),
        pytest.param("Ms. Schmitt,", "Eva Schmidt", id="no-greeting"),
        pytest.param("Dear Ms Schmitt, I thank you,", "Eva Schmidt", id="a-sentence-after-it"),
        pytest.param("\n Dear Ms Schmitt,", "Eva Schmidt", id="space-before-it"),
        pytest.param("Dear Ms Lea,", "Kim Lee", id="three-letters"),
        pytest.param("Dear Mr Brain,", "Tom Brian", id="two-letters-exchanged"),
        pytest.param("Dear Mr van den Berg,", "Joost van der Berg", id="another-particle"),
        pytest.param("Dear Ms de Silva,", "Ana da Silva", id="a-short-particle"),
        pytest.param("Dear Mr Zajac,", "Piotr Zając", id="a-mark-left-out"),
        pytest.param("Dear Mr Mcdonald,", "Ian McDonald", id="a-capital-left-out"),
        pytest.param("Dear ms petrova,", "Petra Petrova", id="small-letters"),
        pytest.param("Dear Ms Petra Petrowa,", "Petra Petrova", id="beside-a-correct-part"),
        pytest.param("Dear Ms Smith-Jonas,", "Eva Smith-Jones", id="after-a-hyphen"),
        pytest.param("Dear Mr OBrien,", "Séan O'Brien", id="no-apostrophe"),
    ],
)
def test_a_slip_in_the_salutation_is_found(salutation: str, name: str) -> None:
    assert misspelled(f"{salutation}\n\nThank you.", [name]) == [0]


def test_of_several_recipients_the_misspelled_one_is_found() -> None:
    names = ["Ben Frost", "Lucia Gomes", "Paul Sato"]
    assert misspelled("Dear Mr Frost, Ms Gomez and Mr Sato,\n\nThank you.", names) == [1]


@pytest.mark.parametrize("name", CORPUS)
def test_no_composed_salutation_is_a_slip(name: str) -> None:
    met = talk(name)
    for tone in ("formal", "friendly"):
        for person, draft in zip(met.interviewers, letters(name, tone), strict=False):
            assert misspelled(draft.body, [person.name or ""]) == []


@pytest.mark.parametrize(
    ("name", "is_list"),
    [("Berg, Anna", True), ("Anna Berg", False), ("Anna Berg, PhD", False), ("Henry Calloway, Jr.", False)],
)
def test_a_name_in_the_form_of_a_list_is_found(name: str, *, is_list: bool) -> None:
    assert is_list_form(name) is is_list


@pytest.mark.parametrize(
    ("text", "name", "whole", "part"),
    [
        pytest.param("Dear Ms Anna  Berg,", "Anna Berg", True, True, id="the-full-name"),
        pytest.param("to anna berg", "Anna Berg", True, False, id="another-case"),
        pytest.param("Dear Ms Berg,", "Anna Berg", False, True, id="a-part"),
        pytest.param("Bergen and Dr", "Dr Anna Berg", False, False, id="a-longer-word"),
        pytest.param("Dear Jose\u0301 Ruiz,", "Jos\u00e9 Ruiz", True, True, id="another-unicode-form"),
        pytest.param("Mr van Dyk", "Joost van Berg", False, False, id="only-a-particle"),
        pytest.param("Dear Jose Ruiz,", "Jos\u00e9 Ruiz", True, True, id="without-its-accent"),
        pytest.param("", None, False, False, id="no-name"),
    ],
)
def test_a_name_is_found_in_a_text(text: str, name: str | None, *, whole: bool, part: bool) -> None:
    assert (contains_name(text, name), contains_part(text, name)) == (whole, part)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Acme", "ACME Inc.", True),
        ("The Acme Group", "Acme", True),
        ("O’Neill & Daughters", "O'Neill & Daughters", True),
        ("Bank of England", "Bank of America", False),
        ("Acme", "Acmena", False),
    ],
)
def test_names_of_one_company_are_recognised(one: str, other: str, *, is_same: bool) -> None:
    assert same_firm(one, other) is same_firm(other, one) is is_same
