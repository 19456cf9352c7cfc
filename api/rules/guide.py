"""The seven steps explained to the person who takes them: why, what to do, words to use, slips to avoid."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What to know about one step; short enough to be shown beside it."""

    number: int
    title: str
    why: str
    do: str
    words: tuple[str, ...]
    slips: tuple[str, ...]


GUIDE = (
    Guidance(
        number=1,
        title="Know what comes next",
        why="A date in your hand turns waiting into a plan, and the plan is yours.",
        do=(
            "As the talk winds down, ask three things: which steps remain, who decides, and from which day you "
            "may ring. "
            "Write the answers down before you reach the street. Forgotten? Ask HR or the recruiter, or put the "
            "question "
            "into your thank-you note."
        ),
        words=(
            "What happens after today, and would Thursday be a good day for me to ring you?",
            "Who is best to ask?",
        ),
        slips=("Leaving with only “we'll be in touch”.", "Noting the day but not the person."),
    ),
    Guidance(
        number=2,
        title="Collect names and ways to reach people",
        why="A letter with a misspelt name undoes itself, and a call needs a number.",
        do=(
            "For everyone in the room: full name as they write it, job title, one way to reach them. Take cards; the "
            "front desk can fill gaps, HR can the next day. Decide separately who answers questions on your "
            "application: often a recruiter or HR, not the person who interviewed you."
        ),
        words=("Could you tell me how she spells her name, and her title?",),
        slips=(
            "First names only.",
            "Guessing e-mail addresses.",
            "Assuming that the interviewer is the one to ask.",
        ),
    ),
    Guidance(
        number=3,
        title="Write it down while it is fresh",
        why="By tomorrow the details have gone, and the details are your letter.",
        do=(
            "Five minutes, two lists. Landed: what made them nod, ask on, or write. Open: where you hesitated, "
            "what they "
            "doubted, what you forgot to say. Add what they care about, in their own terms. Nothing in a list? Say so "
            "and tick it."
        ),
        words=(),
        slips=("Only “went well”.", "Leaving out the awkward question: that one is worth most."),
    ),
    Guidance(
        number=4,
        title="Thank them within a day",
        why="Few do it, it arrives while they compare candidates, and it is your last word on the open points.",
        do=(
            "Four short paragraphs: thanks with one thing only this talk had; the strength you want remembered; the "
            "doubt, answered in two sentences with an example; why this job and this company. Name and title right. "
            "E-mail unless the house is formal or they prefer paper; post only if it gets there before they decide. "
            "Several interviewers: one note each, not the same one."
        ),
        words=("You asked how I would handle the night shift; what I should have said is …",),
        slips=("A template anyone could have sent.", "Apologising instead of answering.", "A page and a half."),
    ),
    Guidance(
        number=5,
        title="Prepare your references",
        why="A surprised reference gives a vague one.",
        do=(
            "Before anyone rings them, tell each one: company, job, who may ring and when, what the employer "
            "looks for, "
            "and one or two things they saw you do that fit. Attach the posting. Check that they are reachable this "
            "week. Afterwards say thanks and how it ended."
        ),
        words=("They may ring you about this job. They care about careful planning; you might remember our move.",),
        slips=(
            "Naming people you have not asked.",
            "Briefing only the favourite.",
            "Using the same person for every application.",
        ),
    ),
    Guidance(
        number=6,
        title="Ring them",
        why="Silence usually means busy; asking shows that you want the job.",
        do=(
            "On the day they gave you, or after a couple of working days if they gave none, ring the person who knows, "
            "in their office hours; by e-mail if that is how they work. Three sentences: who you are and when you met; "
            "that you are still keen; where things stand and when you may ask again. Note what they say and the new "
            "date. No answer: try again the next working day, then leave a message."
        ),
        words=(
            "I'm following up on our talk on Monday; could you tell me where the decision stands, and is there "
            "anything "
            "else you need from me?",
        ),
        slips=(
            "A second nudge within days.",
            "Reproach.",
            "Ringing someone who does not know.",
            "A third try after two without an answer: put your energy elsewhere.",
        ),
    ),
    Guidance(
        number=7,
        title="Keep other doors open",
        why="Until you have signed, there is no job; and an offer is judged better beside another.",
        do=(
            "Each week something real: an application, a talk, an agency, an event. Note it here. When an offer comes, "
            "set it beside the others before you answer; a deadline on one is a fair reason to ask another for their "
            "date."
        ),
        words=("I have an offer to answer by Friday; could you tell me when you will decide?",),
        slips=("Stopping after a good interview.", "Counting browsing as applying."),
    ),
)
