"""What a parent may say in law to a charge under section 444, and what to ask about each.

The questions make the questionnaire that goes with the caution letter. A prosecution waits until
each defence has been weighed against what the parent answers and what the records show.
"""

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rules.prosecutions import Offence
from rules.register import rule


class Prover(enum.StrEnum):
    """Who has to prove it in court."""

    PARENT = "the parent"
    COUNCIL = "the council"


BOTH = frozenset(Offence)
KNOWING = frozenset({Offence.KNOWS})


@dataclass(frozen=True, slots=True)
class Defence:
    """One defence or exception.

    key        what is stored
    section    of the Education Act 1996
    words      what it is
    questions  what the questionnaire asks the parent about it, each a whole question
    look_for   what our own records may show of it
    proved_by  who has to prove it: the parent that it applies, or the council that it does not
    offences   those to which it is an answer
    """

    key: str
    section: str
    words: str
    questions: tuple[str, ...]
    look_for: str
    proved_by: Prover
    offences: frozenset[Offence] = BOTH


DEFENCES = (
    Defence(
        "leave",
        "444(3)(a)",
        "The school gave leave for the absence",
        (
            "Did the school give leave for any of these days?",
            "Who gave it, when, and for which days?",
        ),
        "Requests for leave and the head's decisions.",
        Prover.COUNCIL,
    ),
    Defence(
        "sickness",
        "444(2A)",
        "The child was ill",
        (
            "Was your child ill on any of these days? Which ones?",
            "Did you tell the school? Is there anything from a doctor, a pharmacy or a hospital?",
        ),
        "Messages from the parent, medical evidence, and marks that were changed.",
        Prover.PARENT,
    ),
    Defence(
        "unavoidable",
        "444(2A)",
        "A cause that could not be avoided kept the child away",
        (
            "Did anything that you could not avoid keep your child away? What was it?",
            "On which days, and what did you do about it?",
        ),
        "Notes of calls and visits, and what other services know.",
        Prover.PARENT,
    ),
    Defence(
        "religion",
        "444(3)(c)",
        "The day is set apart for religious observance by the body the parent belongs to",
        ("Was any of these days a holy day of your religion? Which day, and which religion?",),
        "The school's list of holy days, and requests for leave.",
        Prover.COUNCIL,
    ),
    Defence(
        "transport",
        "444(3B) to (4)",
        "The council owed travel arrangements and did not make suitable ones",
        (
            "Does your child live further from school than they can be expected to walk?",
            "Did you ask the council for transport? What was the answer?",
        ),
        "The distance by the shortest safe way, and any decision about transport.",
        Prover.PARENT,
    ),
    Defence(
        "travelling_work",
        "444(6)",
        "The parent's trade needs travelling, and the child attended as often as it allows",
        (
            "Does your work make you travel from place to place? What work is it?",
            "Where did your child go to school while you travelled, and how often?",
        ),
        "Sessions with code T, and sessions at other schools in the twelve months before.",
        Prover.PARENT,
    ),
    Defence(
        "justification",
        "444(1B)",
        "The parent had a reasonable justification for not making the child attend",
        (
            "Was there a good reason why you could not get your child to school? What was it?",
            "What did you try, and who did you ask for help?",
        ),
        "What the plan, the meetings and other services say of what the parent tried.",
        Prover.PARENT,
        KNOWING,
    ),
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the questionnaire. `about` is the defence it asks after, "" for the rest."""

    key: str
    about: str
    words: str


# What the council itself has to prove, and what it weighs beside the law.
_PROOF: tuple[tuple[str, str, frozenset[Offence]], ...] = (
    ("parent", "Are you this child's parent, or did you look after the child? Since when?", BOTH),
    ("living", "Did the child live with you on these days? If not, with whom?", BOTH),
    ("register", "Do you agree with the register? If not, which days are wrong?", BOTH),
    ("knew", "Did you know that your child was not at school? When did you learn of it?", KNOWING),
    ("tried", "What did you do to get your child to school?", KNOWING),
)
_CIRCUMSTANCES: tuple[tuple[str, str], ...] = (
    ("needs", "Does your child have special needs, a disability or poor health?"),
    ("own_needs", "Do you have a disability or an illness, or need help to read or to speak?"),
    ("circumstances", "Is there anything in your family's life that the council should know?"),
    ("support", "Which help were you offered? What did you take up, and what did it change?"),
    ("paid", "Have you paid a penalty notice for these days? When, and with which reference?"),
    ("else", "Is there anything else that you want to say?"),
)
# Police and Criminal Evidence Act 1984, Code C. Never asked without it.
CAUTION = (
    "You do not have to say anything. But it may harm your defence if you do not mention when"
    " questioned something which you later rely on in court. Anything you do say may be given in"
    " evidence."
)
RIGHTS = (
    "You need not answer these questions.",
    "You may ask a lawyer for advice before you answer.",
    "You may ask for help to read or to understand them, or for an interpreter.",
    "You may answer in writing, or ask to be interviewed.",
)


@rule("DEF-1", source="EA1996/s444-defences")
def defences_for(offence: Offence) -> tuple[Defence, ...]:
    """The defences and exceptions that are an answer to this offence, in the Act's order."""
    return tuple(defence for defence in DEFENCES if offence in defence.offences)


@rule("DEF-2", source="PACE/code-c")
def questionnaire(offence: Offence) -> tuple[Question, ...]:
    """Every question put to the parent: what has to be proved, each defence, and circumstances.

    It goes out under `CAUTION` and with `RIGHTS`. Keys are unique, so that answers can be stored.
    """
    proof = [Question(key, "", words) for key, words, to in _PROOF if offence in to]
    about = [
        Question(f"{defence.key}_{number}", defence.key, words)
        for defence in defences_for(offence)
        for number, words in enumerate(defence.questions, start=1)
    ]
    circumstances = [Question(key, "", words) for key, words in _CIRCUMSTANCES]
    return (*proof, *about, *circumstances)


class Weighed(enum.StrEnum):
    """What was found of one defence."""

    APPLIES = "applies"
    DOES_NOT = "does not apply"
    NOT_RAISED = "not raised, and nothing shows it"


@rule("DEF-3", source="EA1996/s444-defences")
def defence_refusals(
    offence: Offence, found: Mapping[str, Weighed], reasons: Collection[str]
) -> tuple[str, ...]:
    """Why a prosecution cannot go on yet, for its defences, as sentences; none when it can.

    found    what was found of each defence, by its key
    reasons  keys of those for which a reason is on record

    Each defence to the offence is weighed. One that applies ends it. One that was raised and does
    not apply needs a reason.
    """
    refusals = []
    for defence in defences_for(offence):
        what = f"“{defence.words}”"
        match found.get(defence.key):
            case None:
                refusals.append(f"Say what was found of this defence: {what}.")
            case Weighed.APPLIES:
                refusals.append(f"A defence applies, so there is no offence: {what}.")
            case Weighed.DOES_NOT if defence.key not in reasons:
                refusals.append(f"Write why this defence does not apply: {what}.")
    return tuple(refusals)
