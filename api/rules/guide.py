"""The guide: for each step why, what to do, words to use, slips to avoid, and links to the operations."""

from dataclasses import dataclass

from api.rules.outcome import STEPS, Hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """The guidance for one step, short enough to be shown beside it. `links` name the operations that record it."""

    number: int
    title: str
    why: str
    do: str
    words: tuple[str, ...]
    slips: tuple[str, ...]
    links: tuple[Hint, ...]

    @property
    def step(self) -> str:
        """The step's code name."""
        return STEPS[self.number]


ROUND = "/v1/interviews/{interview_id}"
APPLICATION = "/v1/applications/{application_id}"
REFERENCE = f"{APPLICATION}/references/{{reference_id}}"
COMPOSE = f"{ROUND}/letters/compose"

GUIDE = (
    Guidance(
        number=1,
        title="Find out what comes next",
        why="With a date you can plan. If it is a date on which you may call, you need not wait for them.",
        do=(
            "Before you leave, ask three things: which steps are still to come, who decides, and from which day you "
            "may call. If they only say when they will contact you, also ask when you may call. Write the answers down "
            "before you are home. If you forgot to ask, ask Human Resources or the recruiter, or ask in your thank-you "
            "letter."
        ),
        words=(
            "What happens after today?",
            "If I have heard nothing by then, may I call you on Thursday?",
            "Who is the best person to ask?",
        ),
        slips=(
            "Leaving with only “we'll be in touch”.",
            "Accepting “soon” as a date.",
            "Writing down the day, but not whom to ask.",
        ),
        links=(
            Hint("get_prep_card", "Read the questions to take with you.", "GET", f"{ROUND}/prep-card"),
            Hint("update_interview", "Record what they said.", "PATCH", ROUND),
            Hint("compose_letter", "Ask later, in a letter of the kind `ask_next_stage`.", "POST", COMPOSE),
        ),
    ),
    Guidance(
        number=2,
        title="Get names and contact details",
        why="People notice when their own name is spelled wrong. And you need a number to call.",
        do=(
            "For each person you met, get the full name as they spell it, the job title, and one way to reach them. "
            "Ask for a business card when you say goodbye. Reception can help when you leave, and Human Resources on "
            "the next day. Also find out who can tell you the status of your application. Often that is the recruiter "
            "or Human Resources, not the person who asked the questions."
        ),
        words=("May I take one of your cards?", "How does she spell her name, and what is her job title?"),
        slips=(
            "Writing down only a first name.",
            "Guessing an e-mail address.",
            "Assuming that the interviewer is the person to ask.",
        ),
        links=(
            Hint("create_contact", "Add a person you met.", "POST", "/v1/contacts"),
            Hint("put_interviewer", "Record that they were there.", "PUT", f"{ROUND}/interviewers/{{contact_id}}"),
            Hint("update_application", "Choose whom to ask about your application.", "PATCH", APPLICATION),
            Hint("compose_letter", "Ask for names and titles, in a letter of the kind `ask_name`.", "POST", COMPOSE),
        ),
    ),
    Guidance(
        number=3,
        title="Write notes on the same day",
        why="Tomorrow you will remember how it felt. Today you still know what was said, and your letter needs that.",
        do=(
            "Take five minutes and make two lists. First, what went well: where they agreed, asked for more or took a "
            "note. Second, what needs a better answer: where you hesitated, what they doubted, what you forgot to say. "
            "Keep the words that they used. If a list stays empty, mark that there was nothing, and it counts as done."
        ),
        words=("She asked twice about the night shift.", "I did not tell them how we moved the warehouse."),
        slips=(
            "Writing only “it went well”.",
            "Leaving out the difficult question: it is the most useful note.",
            "Waiting until the evening.",
        ),
        links=(
            Hint(
                "debrief_interview",
                "Record everything in one request: people, notes, what comes next.",
                "POST",
                f"{ROUND}/debrief",
            ),
            Hint("create_note", "Add one note.", "POST", f"{APPLICATION}/notes"),
        ),
    ),
    Guidance(
        number=4,
        title="Send a thank-you letter within a day",
        why=(
            "Not many people write. Your letter arrives while they are still comparing candidates, and you can answer "
            "what was left open."
        ),
        do=(
            "Write one page with four short paragraphs. Thank them for something that only this conversation had. Name "
            "the strength that they should remember. Answer their doubt with an example. Say why you want this job at "
            "this company. Then check the name and the title again. E-mail suits most people. Use paper if the company "
            "is formal or the person likes it, but only if it arrives before they decide; if you are near, deliver it "
            "by hand. If you met several people, write to each of them, and not the same letter."
        ),
        words=(
            "You asked how I would handle the night shift. I have thought about it since, and …",
            "I am still thinking about what you told me about …",
        ),
        slips=(
            "A letter that would fit any company.",
            "Apologising instead of answering.",
            "Writing more than one page.",
        ),
        links=(
            Hint("compose_letter", "Compose a draft from your notes, and change it.", "POST", COMPOSE),
            Hint("check_letter", "Check the letter before you send it.", "GET", "/v1/letters/{letter_id}/check"),
            Hint("send_letter", "Record that you sent it.", "POST", "/v1/letters/{letter_id}/send"),
        ),
    ),
    Guidance(
        number=5,
        title="Prepare your references",
        why="A reference who does not expect the call can say little. A prepared one can speak for you.",
        do=(
            "Talk to each of them before anybody calls. Tell them which job it is, at which company, who may call and "
            "when, and what the employer is looking for. Remind them of one or two things that they saw you do. Send "
            "them the job posting, and ask whether they can be reached this week. Afterwards, thank them and tell them "
            "the result."
        ),
        words=(
            "You may get a call about me this week. They care about careful planning: do you remember our office move?",
            "Is this still the best number for you?",
        ),
        slips=(
            "Naming somebody whom you have not asked.",
            "Preparing one reference and not the others.",
            "Asking the same person every time.",
        ),
        links=(
            Hint("put_application_reference", "Record whom you have named.", "PUT", REFERENCE),
            Hint("get_reference_briefing", "Read what to tell them.", "GET", f"{REFERENCE}/briefing"),
            Hint("update_application_reference", "Record that you have told them.", "PATCH", REFERENCE),
        ),
    ),
    Guidance(
        number=6,
        title="Call them",
        why="If they do not answer, they are more often busy than against you. A question shows that you want the job.",
        do=(
            "Call on the day they gave you; if they gave none, after two or three business days. Ask for the person "
            "who knows, in their office hours, or write if that is how they work. Three sentences are enough: who you "
            "are and when you met; that you still want the job; what the status is, and when you may ask again. Write "
            "down what they say, and the new date. If nobody answers, try again on the next business day, then leave a "
            "message. After two questions without an answer, stop asking and go on with other applications."
        ),
        words=(
            "We spoke on Monday about the editor's job, and I would still like it very much. What is the status of my "
            "application?",
            "Is there anything else you need from me?",
            "When would be a good day to ask again?",
        ),
        slips=(
            "Asking again after a day or two.",
            "Complaining that they have not answered.",
            "Calling somebody who cannot know.",
        ),
        links=(
            Hint("get_call_card", "Read whom to call, when, and what to say.", "GET", f"{APPLICATION}/call-card"),
            Hint("create_follow_up", "Record the result.", "POST", f"{APPLICATION}/follow-ups"),
            Hint("compose_letter", "Write a letter instead, of the kind `follow_up` or `chase`.", "POST", COMPOSE),
        ),
    ),
    Guidance(
        number=7,
        title="Continue your job search",
        why="Until you have signed a contract, nothing is certain. And it is hard to judge one offer without another.",
        do=(
            "Do one real thing each week: send an application, talk to somebody in your field, visit an agency, go to "
            "a job fair. Record it here. When an offer comes, compare it with the others before you answer. If it has "
            "a deadline, tell the other employers: that is a good reason to ask for their date."
        ),
        words=(
            "I have an offer that I must answer by Friday, and I am still interested in your job. When do you expect "
            "to decide?",
        ),
        slips=(
            "Stopping because one interview went well.",
            "Counting an evening of browsing as an application.",
            "Cancelling other interviews before you have signed.",
        ),
        links=(
            Hint("create_search_activity", "Record what you did.", "POST", "/v1/search-activities"),
            Hint("create_application", "Record an application elsewhere.", "POST", "/v1/applications"),
            Hint("create_offer", "Record an offer with its answer date.", "POST", f"{APPLICATION}/offers"),
        ),
    ),
)
