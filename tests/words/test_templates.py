"""The user's own templates: they insert known names, and cannot run code, grow without limit or be parsed twice."""

import time
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.words.catalogue import catalogue
from api.words.letters import PIECES, compose, match_paragraphs
from api.words.material import Draft, Material, Paragraph, Person
from api.words.templates import MAX_TAGS, NAMES, OwnTemplate, TemplateFaultError, compose_own, names_in
from tests.drawing import drawn
from tests.words.corpus import CORPUS, TONES, talk
from tests.words.reading import HOSTILE

LONGEST = 20_000
RICH = "one-interviewer-everything-noted"
EVERY_PIECE = "\n\n".join(f"{{{{ {name} }}}}" for name in PIECES)
EVERY_NAME = "\n\n".join(f"{name}: {{{{ {name} }}}}{{% if {name} %}}.{{% else %}}{{% endif %}}" for name in NAMES)


def filled(body: str, name: str = RICH, *, subject: str | None = None, kind: str = "thank_you") -> Draft:
    met = talk(name)
    own = OwnTemplate(kind, subject, body)
    return compose_own(own, met, met.interviewers, catalogue("formal"), LONGEST)


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("tone", TONES)
def test_a_template_of_all_parts_gives_the_composed_letter(name: str, tone: str) -> None:
    met = talk(name)
    own = OwnTemplate("thank_you", None, EVERY_PIECE)
    ours = compose("thank_you", met, met.interviewers, catalogue(tone))
    assert compose_own(own, met, met.interviewers, catalogue(tone), LONGEST) == ours


@pytest.mark.parametrize("name", CORPUS)
def test_every_paragraph_names_the_notes_whose_text_it_contains(name: str) -> None:
    met, words = talk(name), catalogue("formal")
    notes = {note.id: note.wording or note.text for note in met.notes}
    draft = filled("Well. {{ thanks }} And: {{ strengths }}\n{{ concerns }}\n\nOnly mine.\n\n{{ motivation }}", name)
    ours = {one.role: one for one in compose("thank_you", met, met.interviewers, words).paragraphs}
    for paragraph in draft.paragraphs:
        there = [one for one in ours.values() if one.text in paragraph.text]
        assert list(paragraph.source_note_ids) == [id_ for one in there for id_ in one.source_note_ids]
        assert all(" ".join(notes[id_].split())[:20] in paragraph.text for id_ in paragraph.source_note_ids)
    assert Paragraph("Only mine.", "template") in draft.paragraphs
    assert draft.paragraphs == match_paragraphs(draft.body, draft.paragraphs)


def test_a_part_alone_keeps_its_role_and_with_other_text_gets_the_role_template() -> None:
    draft = filled("{{ salutation }}\n\n{{ strengths }} Really.\n\n{{ signature }}\nP.S. Thanks.")
    assert [(one.role, one.source_note_ids) for one in draft.paragraphs] == [
        ("salutation", ()),
        ("template", ("n0",)),
        ("template", ()),
    ]


def test_a_part_without_facts_is_named_as_missing_and_leaves_no_gap() -> None:
    body = (
        "Hello,\n\n{{ strengths }}\n\n{{ concerns }}\n\n{% if next_stage %}Next: {{ next_stage }}.{% endif %}\n\nBye."
    )
    draft = filled(body, "nothing-noted-at-all")
    assert draft.body == "Hello,\n\nBye."
    assert draft.missing == ("strength", "next_stage")
    assert filled("{{ salutation }} {{ strengths }}").missing == ()
    assert filled("{{ hear_by }}x").missing == ("hear_by",)


def test_a_condition_is_true_if_there_is_a_text() -> None:
    body = "{% if hear_by %}By {{ hear_by }}.{% else %}Soon.{% endif %}"
    assert filled(body).body == "Soon."
    assert filled(body, "nobody-named").body == "By Friday, 24 April 2026."


def test_the_subject_is_one_line_from_the_template_or_from_its_kind() -> None:
    assert filled("x", subject="{{ role }}\u202e at {{ company }}").subject == "Production editor at Larkfield Press"
    assert filled("x", kind="chase").subject == "Status of my application – Production editor"
    assert filled("x", "nothing-noted-at-all", subject="{{ next_stage }}").subject == "Thank you – Content lead"


def test_a_withdrawal_closes_with_good_wishes() -> None:
    assert filled("{{ close }}", kind="withdrawal").body == "I wish you and your colleagues every success."


def test_comments_and_verbatim_text_are_allowed() -> None:
    assert filled("a{# {{ nothing }} #}b {% raw %}{{ role }}{% endraw %}").body == "ab {{ role }}"


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_used(name: str) -> None:
    assert names_in(f"{{{{ {name} }}}}{{% if {name} %}}{{% endif %}}") == [name]


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("\n\n{{ secret }}", "template_unknown_name", 3),
        ("{{ self }}", "template_unknown_name", 1),
        ("{{ role.upper }}", "template_not_allowed", 1),
        ("a\n{{ role['x'] }}", "template_not_allowed", 2),
        ("{{ role|upper }}", "template_not_allowed", 1),
        ("{{ role() }}", "template_not_allowed", 1),
        ("{{ role ~ date }}", "template_not_allowed", 1),
        ("{{ 7 * 7 }}", "template_not_allowed", 1),
        ("{{ 'x' * 1000000000 }}", "template_not_allowed", 1),
        ("{{ none }}", "template_not_allowed", 1),
        ("{{ ''.__class__.__mro__ }}", "template_not_allowed", 1),
        ("{% for a in role %}{% endfor %}", "template_not_allowed", 1),
        ("{% set role = 'x' %}", "template_not_allowed", 1),
        ("{% if role and date %}{% endif %}", "template_not_allowed", 1),
        ("{% if not role %}{% endif %}", "template_not_allowed", 1),
        ("{% if role %}{% elif date %}{% endif %}", "template_not_allowed", 1),
        ("{% include 'x' %}", "template_not_allowed", 1),
        ("{% import 'x' as y %}", "template_not_allowed", 1),
        ("{% extends 'x' %}", "template_not_allowed", 1),
        ("{% block x %}{% endblock %}", "template_not_allowed", 1),
        ("{% macro x() %}{% endmacro %}", "template_not_allowed", 1),
        ("{% filter upper %}x{% endfilter %}", "template_not_allowed", 1),
        ("{% with x = 1 %}{% endwith %}", "template_not_allowed", 1),
        ("{% autoescape true %}{% endautoescape %}", "template_not_allowed", 1),
        ("x\n{% if role %}\nx", "template_syntax", 2),
        ("{{", "template_syntax", 1),
        ("{% secret %}", "template_syntax", 1),
        ("{# secret", "template_syntax", 1),
        ("{% if role %}" * 6 + "{% endif %}" * 6, "template_too_deep", 1),
        ("{{ " + "(" * 50 + "role" + ")" * 2 + " }}", "template_syntax", 1),
        ("x\n{{ " + "(" * 9_000, "template_not_allowed", 2),
        ("{% if role %}" * 50 + "{% endif %}" * 50, "template_too_deep", 1),
        ("{{ role }}" * (MAX_TAGS + 1), "template_too_many_tags", None),
    ],
)
def test_anything_else_is_refused_with_its_line_and_without_quoting_it(
    source: str, code: str, line: int | None
) -> None:
    with pytest.raises(TemplateFaultError) as told:
        names_in(source)
    assert told.value.code == code
    assert "secret" not in told.value.detail
    assert told.value.detail.endswith(".")
    if line is not None:
        assert told.value.detail.startswith(f"Line {line}: ")


def test_a_template_that_uses_only_missing_facts_is_refused() -> None:
    with pytest.raises(TemplateFaultError, match="an empty letter") as told:
        filled("{{ strengths }}\n\n{# nothing #}", "nothing-noted-at-all")
    assert told.value.code == "template_empty"


def test_a_template_that_gives_too_long_a_letter_is_refused() -> None:
    met = replace(talk(RICH), company="x" * 1_000)
    own = OwnTemplate("thank_you", None, "{{ company }}" * 50)
    with pytest.raises(TemplateFaultError) as told:
        compose_own(own, met, [], catalogue("formal"), LONGEST)
    assert told.value.code == "template_too_long"


def test_the_longest_template_takes_less_than_two_seconds() -> None:
    body = "{{ role }}{% if date %}x{% endif %}" * 33 + "y" * 15_000
    began = time.process_time()
    filled(body)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_inserted_values_are_never_parsed(text: str) -> None:
    assert_data(text)


@drawn(quick=100, long=1_000)
@given(st.text(alphabet=st.sampled_from("{}%#ab -\n\r\u2028_.()[]|'\"x"), max_size=80))
def test_no_generated_text_is_parsed_as_a_template(text: str) -> None:
    assert_data(text)


def assert_data(text: str) -> None:
    """Check that a text comes out unchanged, except for white space, for every name that can insert it."""
    note = Material(id="h", kind="positive", text=text, wording=text, in_letter=True)
    person = Person(id="p", name=text, title=text)
    met = replace(talk(RICH), notes=[note], company=text, role=text, me=text, next_stage=text, interviewers=[person])
    for name in ("company", "role", "full_name", "interviewers", "recipients", "next_stage", "strengths", "signature"):
        own = OwnTemplate("thank_you", None, f"<{{{{ {name} }}}}>")
        draft = compose_own(own, met, [person], catalogue("formal"), 2 * LONGEST)
        assert "".join(text.split()) in "".join(draft.body.split())
        assert len(draft.paragraphs) == 1
        assert draft.paragraphs == match_paragraphs(draft.body, draft.paragraphs)


@drawn(quick=100, long=1_000)
@given(st.text(max_size=200), st.sampled_from(NAMES))
def test_any_text_is_a_template_or_refused(text: str, name: str) -> None:
    for source in (text, f"{{{{ {name} }}}}{text}", f"{{% if {name} %}}{text}{{% endif %}}"):
        with suppress(TemplateFaultError):
            filled(source)
