"""Every word of the log in plain Italian, for the console, the digest and the letters.

One vocabulary, one wording: a test fails when a word has none.
"""

from ingest.form.schema import field_of
from ingest.vocabulary import (
    EnvelopeKind,
    LetterKind,
    Outcome,
    ParticipationRole,
    Reason,
    ReceiptType,
    Role,
    SenderRelation,
    SignatureState,
    Timeliness,
    VerdictKind,
)

REASONS: dict[Reason, str] = {
    Reason.CERTIFIED_ENVELOPE: "Messaggio PEC con busta di trasporto valida.",
    Reason.ANOMALY_ENVELOPE: "Anomalia di messaggio: è posta ordinaria arrivata nella casella PEC.",
    Reason.ORDINARY_MAIL: "Posta ordinaria, senza valore di PEC.",
    Reason.REM_UNSUPPORTED: "Messaggio REM europeo: il formato non è ancora gestito e va esaminato a mano.",
    Reason.SIGNATURE_BROKEN: "La firma del gestore non corrisponde: il messaggio può essere stato modificato.",
    Reason.SIGNATURE_ABSENT: "Manca la firma del gestore.",
    Reason.SIGNATURE_UNREADABLE: "La firma del gestore non si legge.",
    Reason.SIGNATURE_CHAIN_UNKNOWN: "La firma non risale a un gestore riconosciuto da AgID.",
    Reason.SIGNATURE_POLICY: "Il certificato del gestore non è adatto a firmare questa busta.",
    Reason.SIGNATURE_TIME: "L'ora della firma del gestore non è coerente con quella del messaggio.",
    Reason.WEAK_DIGEST: "La firma del gestore usa un algoritmo superato (SHA-1).",
    Reason.ARRIVED_LONG_AFTER: "Nella casella il messaggio risulta arrivato molti giorni dopo l'invio certificato.",
    Reason.CERTIFICATION_DATA_MISSING: "Mancano i dati di certificazione (daticert.xml).",
    Reason.CERTIFICATION_DATA_UNREADABLE: "I dati di certificazione (daticert.xml) non si leggono.",
    Reason.CERTIFICATION_DATA_REPAIRED: "I dati di certificazione contenevano un errore di forma, superato in lettura.",
    Reason.HEADER_DISAGREES: "Le intestazioni e i dati di certificazione non concordano sul tipo di messaggio.",
    Reason.UNKNOWN_RECEIPT: "Ricevuta di un tipo non previsto.",
    Reason.RECEIPT_OF_OURS: "Ricevuta di una nostra lettera.",
    Reason.RECEIPT_ORPHAN: "Ricevuta di un messaggio che non risulta inviato da questo sistema.",
    Reason.RECEIPT_SUSPECT: "Ricevuta sospetta: non riguarda una lettera spedita da noi a quel destinatario.",
    Reason.BOUNCE: "Avviso di mancato recapito di un nostro messaggio.",
    Reason.ORIGINAL_MISSING: "Nella busta manca il messaggio originale (postacert.eml).",
    Reason.SENDER_INVALID: "L'indirizzo del mittente non è valido.",
    Reason.FORWARDED: "Messaggio inoltrato: il mittente può non essere l'ente che aderisce.",
    Reason.NOT_ADDRESSED_TO_US: "Tra i destinatari non compare il nostro indirizzo.",
    Reason.PROVIDER_NOTICE: "Comunicazione di servizio del gestore della casella.",
    Reason.NOT_A_MESSAGE: "Il file non è un messaggio di posta: manca ogni intestazione.",
    Reason.NO_FORM: "Nel messaggio non c'è un Allegato 1 compilato.",
    Reason.BLANK_FORM_ONLY: "Il modulo allegato è in bianco.",
    Reason.PART_UNREADABLE: "Un allegato non si legge.",
    Reason.PART_ENCRYPTED: "Un allegato è protetto da password.",
    Reason.PART_TOO_LARGE: "Un allegato supera la dimensione massima.",
    Reason.PART_UNSUPPORTED: "Un allegato è in un formato non riconosciuto.",
    Reason.PART_OLD_FORMAT: "Un allegato .doc o .rtf non si può convertire qui: va aperto da una persona.",
    Reason.REQUEST_WITHOUT_FORM: "Un allegato chiede di partecipare ma non è l'Allegato 1: va letto da una persona.",
    Reason.PART_TIMED_OUT: "La lettura di un allegato ha richiesto troppo tempo.",
    Reason.SIGNATURE_WITHOUT_DOCUMENT: "C'è una firma digitale senza il documento a cui si riferisce.",
    Reason.SCAN_NEEDS_PERSON: "Una scansione o una foto va letta da una persona.",
    Reason.LIMIT_REACHED: "Raggiunto un limite: una parte del messaggio non è stata esaminata.",
    Reason.MESSAGE_TOO_LARGE: "Il messaggio supera la dimensione massima.",
    Reason.TIMED_OUT: "L'esame del messaggio ha richiesto troppo tempo.",
    Reason.CRASHED: "L'esame del messaggio si è interrotto.",
    Reason.IDENTITY_INCOMPLETE: "Mancano sia la denominazione sia il codice fiscale dell'ente.",
    Reason.LOW_CONFIDENCE: "Alcuni dati non si leggono con sicurezza e vanno controllati sull'originale.",
    Reason.FIELDS_MISSING: "Nel modulo mancano dei dati da chiedere all'ente.",
    Reason.CATEGORY_OUTSIDE_ART4: "Categoria fuori dall'art. 4 del Codice del Terzo settore: da valutare.",
    Reason.PUBLIC_BODY_LATE: "Soggetto di diritto pubblico fuori termine: l'avviso non ripete il termine per loro.",
    Reason.CONFLICTING_TICKS: "Sono indicate più scelte dove ne è attesa una sola.",
    Reason.CHECK_DIGIT: "Un codice fiscale o una partita IVA ha il carattere di controllo errato.",
    Reason.DELEGATION_MISSING: "Firma un delegato, ma la delega non è allegata.",
    Reason.SENT_BY_ANOTHER: "L'indirizzo che ha scritto non è tra quelli indicati nel modulo.",
    Reason.SEVERAL_FORMS: "Il messaggio contiene più moduli.",
    Reason.SAME_FORM_TWICE: "Lo stesso modulo è allegato più volte: conta una volta sola.",
    Reason.WITHDRAWAL: "Il messaggio sembra ritirare un'adesione.",
    Reason.NEAR_DEADLINE: "Arrivato a meno di dieci minuti da un termine.",
    Reason.CLOCKS_DISAGREE: "Accettazione e consegna cadono in periodi diversi rispetto ai termini.",
    Reason.CLOCK_APPROXIMATE: "L'ora di arrivo non è certificata.",
    Reason.SIGNED_BY_SENDING: "Firma assente o non verificabile, ma la PEC è dell'ente (art. 65 c. 1 lett. c-bis CAD).",
    Reason.VERIFY_SIGNATURE: "La firma digitale va verificata da una persona.",
    Reason.VERIFY_ORIGIN: "Soggetto pubblico senza segnatura e da un indirizzo diverso: la provenienza va verificata.",
    Reason.INTEGRATE_SIGNATURE: "Il modulo va integrato con la firma.",
    Reason.INTEGRATE_IDENTITY: "Il modulo va integrato con la copia del documento di identità.",
    Reason.NEW_ORGANISATION: "Ente registrato per la prima volta.",
    Reason.NEW_VERSION: "Nuova versione dei dati di un ente già registrato.",
    Reason.EARLIER_FORM: "Modulo accettato prima di quello già registrato: restano i dati del più recente.",
    Reason.DUPLICATE_MESSAGE: "Messaggio già registrato.",
    Reason.DUPLICATE_FORM: "Modulo uguale a uno già registrato.",
    Reason.INTEGRATION_REPLY: "È la risposta a una richiesta di integrazione.",
    Reason.POSSIBLE_MATCH: "Può essere un ente già registrato: una persona deve confermarlo.",
    Reason.DIFFERENT_BODY_SAME_CODE: "Stesso codice fiscale di un altro ente, ma con denominazione diversa.",
    Reason.UNKNOWN_SENDER: "Ente già registrato, ma da un indirizzo che l'ente non ha mai usato né indicato.",
    Reason.TOO_MANY_ATTEMPTS: "L'esame non è riuscito dopo più tentativi.",
    Reason.ANSWERS_DISABLED: "Le risposte automatiche sono disattivate.",
    Reason.NOT_CERTIFIED: "Non si risponde in automatico a ciò che non è una PEC valida.",
    Reason.AUTO_SUBMITTED: "Messaggio generato automaticamente: non si risponde.",
    Reason.BULK_MAIL: "Messaggio di una lista o inviato in massa: non si risponde.",
    Reason.MACHINE_SENDER: "Il mittente è un indirizzo automatico: non si risponde.",
    Reason.OWN_ADDRESS: "Il mittente è un nostro indirizzo: non si risponde.",
    Reason.PROVIDER_ADDRESS: "Il mittente è un gestore di PEC: non si risponde.",
    Reason.REPLY_TO_OUR_LETTER: "È la risposta a una nostra lettera: va esaminata, senza altra conferma.",
    Reason.ALREADY_ANSWERED: "A questo messaggio è già stato risposto.",
    Reason.ADDRESS_LIMIT: "Raggiunto il numero massimo di lettere al giorno per questo indirizzo.",
    Reason.DAILY_LIMIT: "Raggiunto il numero massimo di lettere al giorno.",
    Reason.REGISTER_RESTORED: "Arrivato prima del ripristino del registro: forse ha già avuto risposta.",
    Reason.HELD_FOR_PERSON: "Prima di rispondere decide una persona.",
    Reason.NOTICE_UNCLEAR: "Non si capisce a quale avviso si riferisce: lo indica una persona.",
    Reason.NOTICE_NOT_OPEN: "Inviato quando l'avviso non era aperto (non ancora, o già chiuso): decide una persona.",
}

OUTCOMES: dict[Outcome, str] = {
    Outcome.RECORDED: "Registrata",
    Outcome.UPDATED: "Aggiornata",
    Outcome.DUPLICATE: "Già registrata",
    Outcome.REVIEW: "Da esaminare",
    Outcome.RECEIPT: "Ricevuta",
    Outcome.NOTED: "Annotato",
    Outcome.UNREADABLE: "Illeggibile",
}

VERDICTS: dict[VerdictKind, str] = {
    VerdictKind.ADHESION: "Adesione",
    VerdictKind.RECEIPT: "Ricevuta",
    VerdictKind.REVIEW: "Da esaminare",
    VerdictKind.NOTED: "Annotato",
    VerdictKind.UNREADABLE: "Illeggibile",
}

ENVELOPES: dict[EnvelopeKind, str] = {
    EnvelopeKind.CERTIFIED: "PEC",
    EnvelopeKind.RECEIPT: "Ricevuta PEC",
    EnvelopeKind.ANOMALY: "Anomalia di messaggio",
    EnvelopeKind.ORDINARY: "Posta ordinaria",
    EnvelopeKind.REM: "REM",
}

SIGNATURES: dict[SignatureState, str] = {
    SignatureState.VALID: "Valida",
    SignatureState.CHAIN_UNKNOWN: "Integra, gestore non riconosciuto",
    SignatureState.BROKEN: "Non corrisponde",
    SignatureState.ABSENT: "Assente",
    SignatureState.UNREADABLE: "Illeggibile",
    SignatureState.NOT_APPLICABLE: "Non prevista",
}

RECEIPTS: dict[ReceiptType, str] = {
    ReceiptType.ACCEPTANCE: "Accettazione",
    ReceiptType.NON_ACCEPTANCE: "Non accettazione",
    ReceiptType.TAKEN_IN_CHARGE: "Presa in carico",
    ReceiptType.DELIVERY: "Avvenuta consegna",
    ReceiptType.DELIVERY_ERROR: "Mancata consegna",
    ReceiptType.DELIVERY_WARNING: "Preavviso di mancata consegna",
    ReceiptType.VIRUS_DETECTED: "Rilevazione di virus",
    ReceiptType.UNKNOWN: "Ricevuta di tipo sconosciuto",
}

DOCUMENTS: dict[Role, str] = {
    Role.FORM: "Modulo compilato",
    Role.BLANK_FORM: "Modulo in bianco",
    Role.NOTICE: "Avviso",
    Role.IDENTITY: "Documento di identità",
    Role.COVER_LETTER: "Lettera di accompagnamento",
    Role.STATUTE: "Statuto o atto costitutivo",
    Role.SEGNATURA: "Segnatura di protocollo",
    Role.SIGNATURE_ONLY: "Sola firma digitale",
    Role.OTHER: "Altro documento",
    Role.UNREADABLE: "Illeggibile",
}

TIMELINESS: dict[Timeliness, str] = {
    Timeliness.ON_TIME: "Nei termini",
    Timeliness.LATE_BEFORE_START: "Fuori termine, prima dell'avvio dei lavori",
    Timeliness.AFTER_START: "Dopo l'avvio dei lavori",
}

ROLES: dict[ParticipationRole, str] = {
    ParticipationRole.OPERATIVE: "Operativo",
    ParticipationRole.CONSULTATIVE: "Consultivo",
    ParticipationRole.TO_CONFIRM: "Da confermare",
}

RELATIONS: dict[SenderRelation, str] = {
    SenderRelation.SAME: "Indirizzo indicato nel modulo",
    SenderRelation.SAME_DOMAIN: "Stesso dominio di un indirizzo del modulo",
    SenderRelation.OTHER: "Un'altra PEC",
    SenderRelation.ORDINARY: "Posta ordinaria",
}

LETTERS: dict[LetterKind, str] = {
    LetterKind.RECEIVED_ON_TIME: "Adesione ricevuta nei termini",
    LetterKind.RECEIVED_LATE: "Adesione ricevuta dopo il termine",
    LetterKind.RECEIVED_AFTER_START: "Adesione ricevuta dopo l'avvio dei lavori",
    LetterKind.RECEIVED_INCOMPLETE: "Adesione ricevuta, con richiesta di integrazione",
    LetterKind.NEW_VERSION: "Aggiornamento ricevuto",
    LetterKind.DUPLICATE: "Adesione già registrata",
    LetterKind.NO_FORM: "PEC senza modulo",
    LetterKind.FORM_UNREADABLE: "Modulo non leggibile",
    LetterKind.INTEGRATION_REMINDER: "Promemoria di integrazione",
}

LETTER_STATES: dict[str, str] = {
    "queued": "In coda",
    "submitting": "In invio",
    "uncertain": "Invio da accertare",
    "submitted": "Inviata",
    "accepted": "Accettata dal gestore",
    "delivered": "Consegnata",
    "late": "In ritardo",
    "failed": "Non consegnata",
    "rejected": "Rifiutata dal gestore",
    "withheld": "Trattenuta",
}

STATUSES: dict[str, str] = {
    "active": "Aderente",
    "withdrawn": "Adesione ritirata",
    "to-confirm": "Da confermare",
    "merged": "Unita a un altro ente",
}

CLOCKS: dict[str, str] = {
    "acceptance": "Accettazione del gestore del mittente",
    "delivery": "Consegna nella nostra casella",
    "received": "Arrivo nella casella (ora non certificata)",
    "internal-date": "Data della casella (ora non certificata)",
}

LEGAL_NATURES: dict[str, str] = {
    option.value: option.label_it for option in field_of("organisation.legal_nature").options
}

_SENTENCES = {str(reason): sentence for reason, sentence in REASONS.items()}


def reason_it(word: str) -> str:
    """The sentence of a reason; a word of a later version is shown as it is."""
    return _SENTENCES.get(word, word)


def question(key: str) -> str:
    """What the office asks for when a field is missing; "" when nobody is asked."""
    return field_of(key).question_it


def field_it(key: str) -> str:
    """A field's printed label, or the key itself when it is not in the schema."""
    try:
        return field_of(key).label_it
    except KeyError:
        return key
