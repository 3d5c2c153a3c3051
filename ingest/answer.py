"""Which letter answers a judged message, and to whom. The register and the counters may still hold it back."""

from ingest.loopguard import GuardFacts, why_not_answer
from ingest.relation import certified_return_address
from ingest.rules import Context
from ingest.topic import mentions_notice
from ingest.verdict import Adhesion, Answer, Verdict
from ingest.vocabulary import LetterKind, Outcome, Reason, Timeliness, VerdictKind

_BY_TIME = {
    Timeliness.ON_TIME: LetterKind.RECEIVED_ON_TIME,
    Timeliness.LATE_BEFORE_START: LetterKind.RECEIVED_LATE,
    Timeliness.AFTER_START: LetterKind.RECEIVED_AFTER_START,
}
_TO_COMPLETE = {Reason.INTEGRATE_IDENTITY, Reason.INTEGRATE_SIGNATURE}
_WITHOUT_FORM = {Reason.NO_FORM, Reason.BLANK_FORM_ONLY}
_NOT_OPENED = {
    Reason.PART_UNREADABLE,
    Reason.PART_ENCRYPTED,
    Reason.PART_UNSUPPORTED,
    Reason.PART_OLD_FORMAT,
    Reason.SIGNATURE_WITHOUT_DOCUMENT,
}
_FIRST_A_PERSON = {
    Reason.IDENTITY_INCOMPLETE,
    Reason.WITHDRAWAL,
    Reason.POSSIBLE_MATCH,
    Reason.DIFFERENT_BODY_SAME_CODE,
    Reason.FORWARDED,
    Reason.SCAN_NEEDS_PERSON,
    Reason.LIMIT_REACHED,
    Reason.TIMED_OUT,
    Reason.CRASHED,
    Reason.MESSAGE_TOO_LARGE,
    Reason.TOO_MANY_ATTEMPTS,
    Reason.HEADER_DISAGREES,
    Reason.CERTIFICATION_DATA_MISSING,
    Reason.CERTIFICATION_DATA_UNREADABLE,
    Reason.ORIGINAL_MISSING,
    Reason.SENDER_INVALID,
    Reason.NOTICE_UNCLEAR,
    Reason.REQUEST_WITHOUT_FORM,
    Reason.NOTICE_NOT_OPEN,
}


def choose_answer(verdict: Verdict, context: Context) -> Answer:
    """The letter for a verdict whose answer is not chosen yet, by what the message itself shows.

    `why` is the first reason against it. What only the register knows (already answered, limits, a reply to a letter
    of ours) is asked again with `why_not_answer` before the letter is queued.
    """
    if verdict.kind in (VerdictKind.RECEIPT, VerdictKind.NOTED):
        return Answer(send=False, letter=None, to="", why=_guarded(verdict, "", context) or Reason.NO_FORM)
    letter = letter_for(verdict)
    to = certified_return_address(verdict.envelope)
    against = _guarded(verdict, to, context)
    if letter is None and against is None:
        against = Reason.HELD_FOR_PERSON
    return Answer(send=against is None, letter=letter, to=to if letter else "", why=against)


def letter_for(verdict: Verdict) -> LetterKind | None:
    """The letter that fits what was found; None where a person must look first."""
    of_forms = {reason for adhesion in verdict.adhesions for reason in adhesion.reasons}
    reasons = set(verdict.reasons) - of_forms
    if reasons & _FIRST_A_PERSON:
        return None
    if verdict.adhesions:
        sound = tuple(adhesion for adhesion in verdict.adhesions if not held_for_person(adhesion))
        return acknowledgement(sound) if sound and verdict.kind is VerdictKind.ADHESION else None
    if Reason.BLANK_FORM_ONLY not in reasons and reasons & _NOT_OPENED:
        # the mailbox is the municipality's general one: a broken file of another matter gets no letter about a form
        about = (verdict.envelope.subject, " ".join(document.name for document in verdict.documents))
        return LetterKind.FORM_UNREADABLE if mentions_notice(*about) else None
    return LetterKind.NO_FORM if reasons & _WITHOUT_FORM else None


def held_for_person(adhesion: Adhesion) -> bool:
    """True for a form that a person must look at first; a sound one beside it is answered all the same."""
    return not _FIRST_A_PERSON.isdisjoint(adhesion.reasons)


def letter_after_record(chosen: LetterKind, outcome: Outcome, *, earlier: bool = False) -> LetterKind:
    """The letter once the register has spoken: a form already known changes it, a lack to be filled does not.

    `earlier`: the form was accepted before the one whose data hold, so nothing is asked that a newer one may say.
    """
    if outcome is Outcome.DUPLICATE:
        return LetterKind.DUPLICATE
    if outcome is Outcome.UPDATED and earlier:
        return LetterKind.NEW_VERSION
    if outcome is Outcome.UPDATED and chosen is not LetterKind.RECEIVED_INCOMPLETE:
        return LetterKind.NEW_VERSION
    return chosen


def acknowledgement(adhesions: tuple[Adhesion, ...]) -> LetterKind:
    """The letter for the forms of a message (at least one), by what they lack and by their time class."""
    if any(adhesion.missing or _TO_COMPLETE & set(adhesion.reasons) for adhesion in adhesions):
        return LetterKind.RECEIVED_INCOMPLETE
    return _BY_TIME[adhesions[0].timeliness]  # one message, one instant: all its forms share the class


def _guarded(verdict: Verdict, to: str, context: Context) -> Reason | None:
    return why_not_answer(verdict.envelope, GuardFacts(own_addresses=context.addresses, to=to))
