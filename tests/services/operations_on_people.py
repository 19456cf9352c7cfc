"""Operations on contacts, interviewers, references, notes and letters."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.services.machine import AGO, MAYBE_AGO, PICK, Answer, Machine, body, operation

DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "full_name": st.sampled_from(["Sam Desk", "Ann Door", None]),
        "job_title": st.sampled_from(["Director", None]),
        "email": st.sampled_from(["sam@example.com", None]),
        "phone": st.sampled_from(["+1 555 0100", None]),
        "postal_address": st.sampled_from(["1 High Street", None]),
        "notes": st.sampled_from(["Kind.", None]),
    },
)
NOTE_KIND = st.sampled_from(["positive", "positive", "concern", "concern", "general"])
MAYBE = st.booleans()


class People(Machine):
    """Operations on contacts, references and their links."""

    @operation(details=DETAILS, learned=MAYBE_AGO)
    def a_contact_is_added(self, details: Answer, learned: timedelta | None) -> None:
        made = {"full_name": "Kim Chair", **details, **body(learned_at=self.at(learned))}
        self.operate("POST", "/v1/contacts", made)

    @operation(pick=PICK, details=DETAILS, learned=MAYBE_AGO)
    def a_contact_is_changed(self, pick: int, details: Answer, learned: timedelta | None) -> None:
        if contact := self.pick("contact", pick):
            changed = {**details, **body(learned_at=self.at(learned))}
            self.operate("PATCH", f"/v1/contacts/{contact['id']}", changed)

    @operation(pick=PICK)
    def a_contact_is_restored(self, pick: int) -> None:
        deleted = [row["id"] for row in self.rows("contact") if row["deleted_at"]]
        if deleted:
            self.operate("POST", f"/v1/contacts/{deleted[pick % len(deleted)]}/restore")

    @operation(pick=PICK)
    def a_contact_is_erased_and_no_step_changes(self, pick: int) -> None:
        if contact := self.pick("contact", pick):
            before = self.states()
            self.operate("POST", f"/v1/contacts/{contact['id']}/erase")
            assert self.states() == before

    @operation(pick=PICK, who=PICK, optional=MAYBE, gone=MAYBE)
    def a_contact_took_part_or_did_not(self, pick: int, who: int, optional: bool, gone: bool) -> None:
        interview, contact = self.pick("interview", pick), self.pick("contact", who)
        if interview and contact:
            href = f"/v1/interviews/{interview['id']}/interviewers/{contact['id']}"
            self.operate(*(("DELETE", href, None) if gone else ("PUT", href, {"optional": optional})))

    @operation(pick=PICK, who=PICK, gone=MAYBE)
    def a_contact_has_a_role_which_no_step_looks_at(self, pick: int, who: int, gone: bool) -> None:
        if contact := self.pick("contact", who):
            href = f"/v1/applications/{self.app(pick)}/contacts/{contact['id']}"
            before = self.states()
            self.operate(*(("DELETE", href, None) if gone else ("PUT", href, {"role": "hr"})))
            assert self.states() == before

    @operation(pick=PICK, who=PICK, since=MAYBE_AGO, nobody=st.sampled_from([False, False, True]))
    def somebody_is_the_person_to_ask(self, pick: int, who: int, since: timedelta | None, nobody: bool) -> None:
        contact = None if nobody else self.pick("contact", who).get("id")
        when = ... if contact is None else self.at(since)
        changed = body(status_contact_id=contact, status_contact_since=when)
        self.operate("PATCH", f"/v1/applications/{self.app(pick)}", changed)

    @operation(pick=PICK, name=st.sampled_from(["Robin Referee", "Lee Lecturer"]))
    def a_reference_is_added_or_renamed(self, pick: int, name: str) -> None:
        person = self.pick("reference_person", pick)
        if person and len(self.rows("reference_person")) >= 3:
            self.operate("PATCH", f"/v1/references/{person['id']}", {"name": name})
        else:
            self.operate("POST", "/v1/references", {"name": name})

    @operation(
        pick=PICK,
        who=PICK,
        dates=st.tuples(*[MAYBE_AGO] * 4),
        told=st.tuples(MAYBE, MAYBE),
        method=st.sampled_from(["PUT", "PUT", "PATCH", "DELETE"]),
    )
    def a_reference_is_named_told_or_taken_back(
        self, pick: int, who: int, dates: tuple[timedelta | None, ...], told: tuple[bool, bool], method: str
    ) -> None:
        names = ("linked_at", "alerted_at", "briefed_at", "contacted_at")
        given = body(**{name: self.at(ago) for name, ago in zip(names, dates, strict=True)})
        given |= {"job_details_given": told[0], "company_details_given": told[1]}
        if person := self.pick("reference_person", who):
            href = f"/v1/applications/{self.app(pick)}/references/{person['id']}"
            self.operate(method, href, None if method == "DELETE" else given)


class Papers(Machine):
    """Operations on notes and letters."""

    @operation(pick=PICK, which=PICK, kind=NOTE_KIND, noted=MAYBE_AGO)
    def a_note_is_made(self, pick: int, which: int, kind: str, noted: timedelta | None) -> None:
        app = self.app(pick)
        interview = self.pick("interview", which, application_id=app).get("id")
        made = body(interview_id=interview, kind=kind, text="A note.", noted_at=self.at(noted))
        self.operate("POST", f"/v1/applications/{app}/notes", made)

    @operation(pick=PICK, which=PICK, kind=st.just(...) | NOTE_KIND, noted=MAYBE_AGO, move=MAYBE)
    def a_note_is_corrected(self, pick: int, which: int, kind: Any, noted: timedelta | None, move: bool) -> None:
        if note := self.pick("note", pick):
            other = self.pick("interview", which, application_id=note["application_id"]).get("id") if move else ...
            changed = body(kind=kind, noted_at=self.at(noted), interview_id=other)
            self.operate("PATCH", f"/v1/notes/{note['id']}", changed)

    @operation(
        pick=PICK,
        which=PICK,
        to=st.lists(PICK, max_size=2),
        sent=MAYBE_AGO,
        kind=st.sampled_from(["thank_you", "other"]),
    )
    def a_letter_is_written(self, pick: int, which: int, to: list[int], sent: timedelta | None, kind: str) -> None:
        app = self.app(pick)
        found = {self.pick("contact", who).get("id") for who in to} - {None}
        made = body(
            interview_id=self.pick("interview", which, application_id=app).get("id"),
            recipients=sorted(str(id_) for id_ in found),
            kind=kind,
            sent_at=self.at(sent),
            body="Thank you.",
        )
        self.operate("POST", f"/v1/applications/{app}/letters", made)

    @operation(pick=PICK, sent=MAYBE_AGO, channel=st.sampled_from(["post", "hand", "email"]))
    def a_letter_is_sent(self, pick: int, sent: timedelta | None, channel: str) -> None:
        if letter := self.pick("letter", pick, sent_at=None):
            href = f"/v1/letters/{letter['id']}/send"
            self.operate("POST", href, body(sent_at=self.at(sent), channel=channel))

    @operation(pick=PICK, ago=AGO)
    def a_letter_is_corrected(self, pick: int, ago: timedelta) -> None:
        if letter := self.pick("letter", pick):
            changed = {"sent_at": self.at(ago)} if letter["sent_at"] else {"body": None, "interview_id": None}
            self.operate("PATCH", f"/v1/letters/{letter['id']}", changed)
