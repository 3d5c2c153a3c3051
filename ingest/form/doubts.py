"""The doubts of a reading in plain Italian, for the office's pages and the digest."""

from ingest.form.value import Doubt

_WORDS: dict[Doubt, str] = {
    Doubt.DECLARED_ABSENT: "dichiarato assente nel modulo",
    Doubt.PENDING: "dichiarato in corso",
    Doubt.SAME_AS_ABOVE: "indicato come uguale a un altro dato",
    Doubt.CHECK_DIGIT: "il carattere di controllo non torna",
    Doubt.WRONG_LENGTH: "la lunghezza del codice non è quella attesa",
    Doubt.OCR_CONFUSION: "letto scambiando lettere e cifre simili",
    Doubt.PERSONAL_CODE: "è il codice fiscale di una persona, non di un ente",
    Doubt.BODY_CODE: "è il codice fiscale di un ente, non di una persona",
    Doubt.SEVERAL_VALUES: "nel campo ci sono più valori",
    Doubt.INVALID_DATE: "non è una data valida",
    Doubt.TWO_DIGIT_YEAR: "anno scritto con due cifre",
    Doubt.INVALID_PHONE: "non è un numero di telefono valido",
    Doubt.EXTENSIONS: "seguono altri interni",
    Doubt.FAX: "è un numero di fax",
    Doubt.INVALID_EMAIL: "non è un indirizzo e-mail valido",
    Doubt.REPAIRED_EMAIL: "indirizzo ricomposto: verificare",
    Doubt.MIXED_SCRIPT: "contiene caratteri di altri alfabeti o invisibili",
    Doubt.PEC_DOMAIN: "sembra un indirizzo PEC",
    Doubt.INVALID_URL: "non è un indirizzo web valido",
    Doubt.INVALID_POSTCODE: "non è un CAP di cinque cifre",
    Doubt.UNKNOWN_PROVINCE: "provincia non riconosciuta",
    Doubt.CORRECTED_SPELLING: "nome del Comune ricondotto alla grafia ufficiale",
    Doubt.NOT_ONE_OF_THE_NINE: "non è un Comune del Distretto",
    Doubt.NUMBER_IN_STREET: "il numero civico era scritto nella via",
    Doubt.COPIED: "copiato dai dati del dichiarante",
    Doubt.UNKNOWN_OPTION: "la voce indicata non è tra quelle del modulo",
    Doubt.RUNTS_TOO_EARLY: "il RUNTS è operativo dal 23/11/2021: verificare di quale registro si tratta",
    Doubt.TOO_LONG: "testo molto lungo, riportato in parte",
    Doubt.CONTROL_CHARACTERS: "il testo contiene caratteri invisibili",
    Doubt.HANDWRITING: "scritto a mano o illeggibile: da leggere sul documento",
    Doubt.AMBIGUOUS_POSITION: "la posizione lascia il dubbio su quale campo sia",
    Doubt.CONFLICTING_TICKS: "sono segnate più voci che si escludono",
    Doubt.CIRCLED: "voce cerchiata invece che barrata",
    Doubt.STRUCK_OUT: "sul modulo c'è una voce cancellata",
    Doubt.INFERRED_FROM_KIND: "dedotto dal tipo di soggetto pubblico indicato",
    Doubt.LETTERHEAD: "letto nella carta intestata",
    Doubt.ADDRESS_NOT_SPLIT: "indirizzo scritto tutto insieme: verificarne le parti",
    Doubt.PRINTED: "dichiarazione stampata nel modulo, senza casella",
    Doubt.SIGNATURE_IMAGE: "è l'immagine di una firma",
    Doubt.STAMP_TEXT_ONLY: "c'è la dicitura di firma digitale, ma il documento non è firmato digitalmente",
    Doubt.SIGNATURE_BROKEN: "la firma digitale non corrisponde al contenuto del documento",
    Doubt.POSTCODE_OUTDATED: "CAP aggiornato: nel modulo c'è quello in uso fino al 2020",
    Doubt.POSTCODE_MISMATCH: "il CAP non è del Comune indicato",
    Doubt.PROVINCE_MISMATCH: "la provincia non è quella del Comune indicato",
    Doubt.SAME_AS_FISCAL_CODE: "uguale al codice fiscale",
    Doubt.NAME_MISMATCH: "il codice fiscale non corrisponde al nome",
    Doubt.BIRTH_DATE_MISMATCH: "il codice fiscale non corrisponde alla data di nascita",
    Doubt.BIRTH_PLACE_MISMATCH: "il codice fiscale non corrisponde al luogo di nascita",
    Doubt.NATURE_SUGGESTED: "la denominazione fa pensare a questa natura giuridica",
    Doubt.NATURE_MISMATCH: "la denominazione fa pensare a un'altra natura giuridica",
    Doubt.OWN_VALUE: "è un dato dell'ufficio, non dell'ente",
}


def doubt_it(warning: str) -> str:
    """A warning in Italian, its detail in brackets; a code this page does not know is shown as it is."""
    code, _, detail = warning.partition(":")
    if code not in set(Doubt):
        return warning
    words = _WORDS[Doubt(code)]
    detail = detail.replace("suggest=", "forse ")
    return f"{words} ({detail})" if detail else words
