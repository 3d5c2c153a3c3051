"""The human-readable part of each certified message, in the words the providers use (RFC 6109 §3). Never parsed."""

from collections.abc import Callable

from ingest.demo.facts import Event, Facts

_PREFIXES = {
    "posta-certificata": "POSTA CERTIFICATA",
    "errore": "ANOMALIA MESSAGGIO",
    "accettazione": "ACCETTAZIONE",
    "non-accettazione": "AVVISO DI NON ACCETTAZIONE",
    "presa-in-carico": "PRESA IN CARICO",
    "avvenuta-consegna": "CONSEGNA",
    "errore-consegna": "AVVISO DI MANCATA CONSEGNA",
    "preavviso-errore-consegna": "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO",
    "rilevazione-virus": "PROBLEMA DI SICUREZZA",
}
_FOR_VIRUS = ("non-accettazione", "errore-consegna")
ANOMALY_REASON = "mittente non di posta certificata"


def subject_of(facts: Facts, event: Event) -> str:
    """The Subject with its prefix (RFC 6109, tables of §3)."""
    prefix = _PREFIXES.get(event.type, event.type.upper())
    if event.error == "virus" and event.type in _FOR_VIRUS:
        prefix += " PER VIRUS"
    return f"{prefix}: {facts.subject}"


def text_of(facts: Facts, event: Event) -> str:
    """Title, sentences and id line; lines end with LF."""
    title, sentences = _TEXTS.get(event.type, _receipt)(facts, event)
    if event.type == "errore":
        return f"{title}\n{sentences}\n"
    return f"{title}\n{sentences}\nIdentificativo messaggio: {facts.identifier}\n"


def _moment(facts: Facts) -> str:
    return f"Il giorno {facts.at:%d/%m/%Y} alle ore {facts.at:%H:%M:%S} ({facts.at:%z})"


def _about(facts: Facts) -> str:
    return f'{_moment(facts)} il messaggio "{facts.subject}" proveniente da "{facts.sender}"'


def _addressed(facts: Facts) -> str:
    outside = set(facts.ordinary)
    kinds = {True: "posta ordinaria", False: "posta certificata"}
    return "\n".join(f'{address} ("{kinds[address in outside]}")' for address in facts.all_recipients)


def _envelope(facts: Facts, _: Event) -> tuple[str, str]:
    sentence = f'{_moment(facts)} il messaggio "{facts.subject}" è stato inviato da "{facts.sender}" e indirizzato a:'
    recipients = "\n".join(facts.all_recipients)
    return "Messaggio di posta certificata", f"{sentence}\n{recipients}\nIl messaggio originale è incluso in allegato."


def _anomaly(facts: Facts, event: Event) -> tuple[str, str]:
    sentence = (
        f'{_moment(facts)} è stato ricevuto il messaggio "{facts.subject}" proveniente da "{facts.sender}" '
        f"ed indirizzato a:\n" + "\n".join(facts.all_recipients)
    )
    reason = f"Tali dati non sono stati certificati per il seguente errore: {event.detail or ANOMALY_REASON}"
    return "Anomalia nel messaggio", f"{sentence}\n{reason}\nIl messaggio originale è incluso in allegato."


def _acceptance(facts: Facts, _: Event) -> tuple[str, str]:
    sentence = f"{_about(facts)} ed indirizzato a:\n{_addressed(facts)}\nè stato accettato dal sistema ed inoltrato."
    return "Ricevuta di accettazione", sentence


def _refusal(facts: Facts, event: Event) -> tuple[str, str]:
    virus = " per presenza di virus" if event.error == "virus" else ""
    sentence = f"{_about(facts)} è stato rilevato un problema che ne impedisce l'accettazione: {event.detail}"
    return f"Errore nell'accettazione del messaggio{virus}", f"{sentence}\nIl messaggio non è stato accettato."


def _taken(facts: Facts, _: Event) -> tuple[str, str]:
    return "Ricevuta di presa in carico", f"{_about(facts)} è stato accettato dal sistema."


def _delivery(facts: Facts, event: Event) -> tuple[str, str]:
    kind = "" if event.receipt_kind == "completa" else f"{event.receipt_kind} "
    sentence = f'{_about(facts)} ed indirizzato a "{facts.recipient}"'
    return f"Ricevuta {kind}di avvenuta consegna", f"{sentence}\nè stato consegnato nella casella di destinazione."


def _failure(facts: Facts, event: Event) -> tuple[str, str]:
    virus = event.error == "virus"
    sentence = f'{_about(facts)} e destinato all\'utente "{facts.recipient}" è stato rilevato un errore: {event.detail}'
    end = "Il messaggio non è stato consegnato." if virus else "Il messaggio è stato rifiutato dal sistema."
    return "Avviso di mancata consegna" + (" per virus" if virus else ""), f"{sentence}\n{end}"


def _delay(facts: Facts, event: Event) -> tuple[str, str]:
    sentence = f'{_about(facts)} e destinato all\'utente "{facts.recipient}"'
    if event.final:
        end = "non è stato consegnato entro le ventiquattro ore dal suo invio. La spedizione deve considerarsi non "
        return "Avviso di mancata consegna", f"{sentence}\n{end}andata a buon fine."
    end = (
        "non è stato consegnato nelle prime dodici ore dal suo invio. Non escludendo che ciò possa ancora avvenire, si "
        "ritiene utile considerare che la spedizione potrebbe non andare a buon fine.\nIl sistema invierà un ulteriore "
        "avviso se nelle prossime dodici ore non vi sarà la conferma."
    )
    return "Avviso di mancata consegna", f"{sentence}\n{end}"


def _virus(facts: Facts, _: Event) -> tuple[str, str]:
    return "Avviso di rilevazione virus", f"{_about(facts)} è stato rilevato un problema di sicurezza: Eicar-Test."


def _receipt(facts: Facts, _: Event) -> tuple[str, str]:
    return "Ricevuta", _about(facts)


_TEXTS: dict[str, Callable[[Facts, Event], tuple[str, str]]] = {
    "posta-certificata": _envelope,
    "errore": _anomaly,
    "accettazione": _acceptance,
    "non-accettazione": _refusal,
    "presa-in-carico": _taken,
    "avvenuta-consegna": _delivery,
    "errore-consegna": _failure,
    "preavviso-errore-consegna": _delay,
    "rilevazione-virus": _virus,
}
