"""The seven steps explained to the person who takes them: why, what to do, words to use, slips to avoid, and where."""

from dataclasses import dataclass

from api.rules.outcome import STEPS, Hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What to know about one step; short enough to be shown beside it. `links` lead to where its writing is done."""

    number: int
    title: str
    why: str
    do: str
    words: tuple[str, ...]
    slips: tuple[str, ...]
    links: tuple[Hint, ...]

    @property
    def step(self) -> str:
        """The code name of the step's number."""
        return STEPS[self.number]


ROUND = "/v1/interviews/{interview_id}"
APPLICATION = "/v1/applications/{application_id}"
REFERENCE = f"{APPLICATION}/references/{{reference_id}}"
COMPOSE = f"{ROUND}/letters/compose"

GUIDE = (
    Guidance(
        number=1,
        title="Know what comes next",
        why="Waiting is easier with a date in the diary, and a date you asked for leaves the next move with you.",
        do=(
            "Before you get up to leave, ask three things: which steps are still to come, who decides, and from which "
            "day you may ring. If they only say when they will be in touch, ask for a day of your own as well. Write "
            "the answers down before you are home. Forgot to ask? A line to Human Resources or the recruiter will do, "
            "or a sentence in your thank-you letter."
        ),
        words=(
            "What happens after today?",
            "If I have heard nothing by then, may I ring you on Thursday?",
            "Who is the best person to ask?",
        ),
        slips=(
            "Going home with “we'll be in touch”.",
            "Taking “soon” for a date.",
            "Noting the day, but not whom to ask.",
        ),
        links=(
            Hint("get_prep_card", "The questions to take with you.", "GET", f"{ROUND}/prep-card"),
            Hint("update_interview", "Write down what they said.", "PATCH", ROUND),
            Hint("compose_letter", "Ask afterwards, in writing: the kind `ask_next_stage`.", "POST", COMPOSE),
        ),
    ),
    Guidance(
        number=2,
        title="Get the names, and a way to reach people",
        why="Everybody notices their own name, most of all when it is spelled wrong. And a call needs a number.",
        do=(
            "For everybody you met: the full name as they spell it, the job title, and one way to reach them. Ask for "
            "a card as you say goodbye; reception can help on your way out, Human Resources the day after. Then settle "
            "one thing more: who can tell you how your application stands? Often that is the recruiter or Human "
            "Resources, not the person who asked the questions."
        ),
        words=("May I take one of your cards?", "How does she spell her name, and what is her title?"),
        slips=(
            "A first name and nothing else.",
            "Guessing an e-mail address.",
            "Taking it for granted that the interviewer is the one to ask.",
        ),
        links=(
            Hint("create_contact", "Add somebody you met.", "POST", "/v1/contacts"),
            Hint("put_interviewer", "Say that they were there.", "PUT", f"{ROUND}/interviewers/{{contact_id}}"),
            Hint("update_application", "Choose whom to ask about your application.", "PATCH", APPLICATION),
            Hint("compose_letter", "Ask for names and titles: the kind `ask_name`.", "POST", COMPOSE),
        ),
    ),
    Guidance(
        number=3,
        title="Write it down while it is fresh",
        why="Tomorrow you will know how it felt. Today you still know what was said, and your letter is made of that.",
        do=(
            "Sit down somewhere for five minutes and make two lists. What landed: where they nodded, asked for more or "
            "took a note. What is still open: where you faltered, what they doubted, what came to you on the stairs. "
            "Keep the words that they used themselves. If a list stays empty, say so, and it is done."
        ),
        words=("She asked twice about the night shift.", "I never got to tell them how we moved the warehouse."),
        slips=(
            "Writing only “it went well”.",
            "Leaving out the awkward question: nothing on your list is worth more.",
            "Putting it off until after dinner.",
        ),
        links=(
            Hint(
                "debrief_interview", "Everything in one go: people, notes, what comes next.", "POST", f"{ROUND}/debrief"
            ),
            Hint("create_note", "One note at a time.", "POST", f"{APPLICATION}/notes"),
        ),
    ),
    Guidance(
        number=4,
        title="Thank them within a day",
        why=(
            "Not many people write. Your letter comes while they are still comparing, and gives you one more chance to "
            "answer what was left open."
        ),
        do=(
            "One page, four short paragraphs. Thank them for something that only this conversation had. Name the "
            "strength you want them to remember. Take their doubt seriously and answer it with an example. Say why "
            "this job, and why this company. Then look at name and title once more. E-mail suits most people; choose "
            "paper for a formal house or somebody who likes it, provided that it arrives before they decide; and if "
            "you are near, hand it in. You met several people? Write to each of them, and not the same letter."
        ),
        words=(
            "You asked how I would handle the night shift. I have thought about it since, and …",
            "I am still thinking about what you told me of …",
        ),
        slips=(
            "A letter that would fit any company.",
            "Apologising where they hoped for an answer.",
            "Going on to a second page.",
        ),
        links=(
            Hint("compose_letter", "A draft from your notes, for you to change.", "POST", COMPOSE),
            Hint("check_letter", "What to look at before it goes out.", "GET", "/v1/letters/{letter_id}/check"),
            Hint("send_letter", "Say that it has gone.", "POST", "/v1/letters/{letter_id}/send"),
        ),
    ),
    Guidance(
        number=5,
        title="Prepare your references",
        why="Caught off guard, even a friend says little. Prepared, they can speak up for you.",
        do=(
            "Talk to each of them before anybody rings. Tell them which job, at which company, who may ring and when, "
            "and what these people care about; then remind them of one or two things they saw you do. Send the posting "
            "along, and ask whether they can be reached this week. When it is over, say thank you and tell them how it "
            "ended."
        ),
        words=(
            "You may get a call about me this week. They care about careful planning: do you remember our office move?",
            "Is this still the best number for you?",
        ),
        slips=(
            "Naming somebody whom you have not asked.",
            "Preparing one and leaving the others to guess.",
            "Asking the same person every time.",
        ),
        links=(
            Hint("put_application_reference", "Say whom you have named.", "PUT", REFERENCE),
            Hint("get_reference_briefing", "What to tell them.", "GET", f"{REFERENCE}/briefing"),
            Hint("update_application_reference", "Note that you have told them.", "PATCH", REFERENCE),
        ),
    ),
    Guidance(
        number=6,
        title="Ring them",
        why="Silence is more often a full desk than a no. Asking shows that you want the job.",
        do=(
            "Ring on the day they gave you; if they gave none, after a couple of working days. Ask for the person who "
            "knows, in their office hours, and write instead if that is how they work. Three sentences will do: who "
            "you are and when you met; that you would still like the job; how things stand, and when you may ask "
            "again. Note what they say, and the new date. Nobody picks up? Try once more the next working day, then "
            "leave a message. After two questions without an answer, let it rest and turn to the next door."
        ),
        words=(
            "We spoke on Monday about the editor's job, and I would still like it very much. How do things stand?",
            "Is there anything else you need from me?",
            "When would be a good day to ask again?",
        ),
        slips=("Asking again after a day or two.", "Sounding hurt.", "Ringing somebody who cannot know."),
        links=(
            Hint("get_call_card", "Whom to ring, when, and what to say.", "GET", f"{APPLICATION}/call-card"),
            Hint("create_follow_up", "Note what came of it.", "POST", f"{APPLICATION}/follow-ups"),
            Hint("compose_letter", "Write instead: the kinds `follow_up` and `chase`.", "POST", COMPOSE),
        ),
    ),
    Guidance(
        number=7,
        title="Keep other doors open",
        why="Until you have signed, nothing is certain. And one offer is hard to judge with nothing beside it.",
        do=(
            "Do one real thing each week: send an application, talk to somebody in the trade, see an agency, go to a "
            "fair. Note it here. When an offer comes, lay it beside the others before you answer. If it has a "
            "deadline, tell the others: that is a fair reason to ask them for their date."
        ),
        words=("I have an offer to answer by Friday, and yours is still on my mind. When do you expect to decide?",),
        slips=(
            "Stopping because one interview went well.",
            "Counting an evening of browsing as an application.",
            "Calling off other interviews before anything is signed.",
        ),
        links=(
            Hint("create_search_activity", "Note what you did.", "POST", "/v1/search-activities"),
            Hint("create_application", "Apply elsewhere.", "POST", "/v1/applications"),
            Hint("create_offer", "Record an offer, with the day it wants its answer.", "POST", f"{APPLICATION}/offers"),
        ),
    ),
)
