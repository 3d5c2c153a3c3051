"""Everything that can be wrong with the service, and what the office is told about each."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Trouble(StrEnum):
    """The codes of conditions; some carry a suffix after a colon that tells which one."""

    MAILBOX_UNREACHABLE = "mailbox-unreachable"
    LOGIN_REFUSED = "login-refused"
    FOLDER_MISSING = "folder-missing"
    MESSAGE_UNAVAILABLE = "message-unavailable"
    MAILBOX_FULL = "mailbox-full"
    PASSWORD_EXPIRING = "password-expiring"  # noqa: S105 - the name of a condition
    SMTP_LOGIN_REFUSED = "smtp-login-refused"
    SMTP_UNREACHABLE = "smtp-unreachable"
    LETTER_NOT_SENT = "letter-not-sent"
    LETTER_UNCERTAIN = "letter-uncertain"
    ACCEPTANCE_OVERDUE = "acceptance-overdue"
    REM_RECEIVED = "rem-received"
    DISK_LOW = "disk-low"
    ROUND_FAILING = "round-failing"
    MESSAGE_FAILING = "message-failing"
    DIGEST_FAILING = "digest-failing"
    REMINDER_FAILING = "reminder-failing"
    CONVOCATION_FAILING = "convocation-failing"
    ALARM_FAILING = "alarm-failing"
    RECONCILE_DIFFERENCE = "reconcile-difference"
    ORIGINAL_DAMAGED = "original-damaged"
    REGISTER_REPLACED = "register-replaced"


@dataclass(frozen=True, slots=True)
class Told:
    """What the office reads."""

    title: str
    meaning: str
    to_do: str


IN_ITALIAN: dict[Trouble, Told] = {
    Trouble.MAILBOX_UNREACHABLE: Told(
        "casella PEC non raggiungibile",
        "il servizio non riesce a collegarsi alla casella PEC.",
        "attendere se il gestore ha annunciato una manutenzione; altrimenti far verificare la rete e il gestore.",
    ),
    Trouble.LOGIN_REFUSED: Told(
        "accesso alla casella PEC rifiutato",
        "il gestore non accetta più nome utente e password; i tentativi sono sospesi per non bloccare la casella.",
        "rinnovare la password sul sito del gestore, inserirla nella configurazione e riavviare il servizio.",
    ),
    Trouble.FOLDER_MISSING: Told(
        "cartella della casella PEC mancante",
        "la cartella indicata nella configurazione non esiste nella casella.",
        "correggere il nome della cartella nella configurazione o ricrearla nella webmail.",
    ),
    Trouble.MESSAGE_UNAVAILABLE: Told(
        "un messaggio della casella non si lascia leggere",
        "il gestore elenca un messaggio ma non lo consegna per intero; gli altri vengono letti.",
        "aprire il messaggio nella webmail e, se si legge, salvarlo come .eml e importarlo.",
    ),
    Trouble.MAILBOX_FULL: Told(
        "casella PEC quasi piena",
        "lo spazio della casella sta finendo: il gestore può rifiutare i messaggi in arrivo o bloccare l'invio.",
        "liberare spazio archiviando i messaggi già registrati, oppure ampliare la casella.",
    ),
    Trouble.PASSWORD_EXPIRING: Told(
        "la password della casella PEC sta per scadere",
        "quando la password scade il servizio non può più leggere né inviare.",
        "rinnovarla sul sito del gestore e aggiornare password e password_set_on nella configurazione.",
    ),
    Trouble.SMTP_LOGIN_REFUSED: Told(
        "invio delle lettere rifiutato dal gestore",
        "il gestore non accetta nome utente e password per l'invio; le lettere restano in coda.",
        "verificare la password di [smtp] nella configurazione e riavviare il servizio.",
    ),
    Trouble.SMTP_UNREACHABLE: Told(
        "server di invio non raggiungibile",
        "il servizio non riesce a collegarsi al server di invio del gestore; le lettere restano in coda e partiranno "
        "da sole.",
        "attendere se il gestore ha annunciato una manutenzione; altrimenti far verificare la rete e il gestore.",
    ),
    Trouble.LETTER_NOT_SENT: Told(
        "una lettera non è partita",
        "il gestore ha rifiutato una lettera in modo definitivo, o per un giorno non l'ha accettata.",
        "aprire la pagina Lettere della console e decidere se inviarla di nuovo.",
    ),
    Trouble.LETTER_UNCERTAIN: Told(
        "non si sa se una lettera è partita",
        "la comunicazione con il gestore si è interrotta durante l'invio e in 24 ore non è giunta alcuna ricevuta.",
        "verificare nella webmail se la lettera risulta inviata, poi decidere dalla console se inviarla di nuovo.",
    ),
    Trouble.ACCEPTANCE_OVERDUE: Told(
        "manca una ricevuta di accettazione",
        "una lettera è stata consegnata al gestore da più di un'ora e la ricevuta di accettazione non è arrivata.",
        "verificare nella webmail; se la ricevuta c'è, il servizio la leggerà da solo.",
    ),
    Trouble.REM_RECEIVED: Told(
        "arrivato un messaggio REM",
        "è arrivato un messaggio del nuovo formato europeo (REM), conservato ma non ancora gestito.",
        "leggerlo nella webmail e trattarlo a mano.",
    ),
    Trouble.DISK_LOW: Told(
        "spazio su disco in esaurimento",
        "sul disco resta poco spazio; quando finisce, la lettura si ferma e i messaggi restano nella casella.",
        "liberare spazio o ampliare il disco.",
    ),
    Trouble.ROUND_FAILING: Told(
        "il servizio non completa i suoi giri",
        "da tre intervalli nessun giro di lettura è stato completato.",
        "far controllare il registro tecnico del servizio e la base di dati.",
    ),
    Trouble.MESSAGE_FAILING: Told(
        "un messaggio non si riesce a registrare",
        "la registrazione di un messaggio è fallita per un errore del programma; il messaggio è conservato.",
        "aprire la pagina Registro, trattare il messaggio a mano e segnalare l'errore.",
    ),
    Trouble.DIGEST_FAILING: Told(
        "il riepilogo settimanale non si riesce a preparare",
        "la preparazione del riepilogo è fallita per un errore del programma; le altre lettere partono.",
        "consultare intanto la console e segnalare l'errore; il riepilogo partirà appena possibile.",
    ),
    Trouble.REMINDER_FAILING: Told(
        "i solleciti non si riescono a preparare",
        "la preparazione dei solleciti è fallita per un errore del programma; le altre lettere partono.",
        "sollecitare a mano chi non ha risposto entro il termine e segnalare l'errore.",
    ),
    Trouble.CONVOCATION_FAILING: Told(
        "le lettere di una convocazione non si riescono a preparare",
        "la preparazione delle convocazioni è fallita per un errore del programma; le altre lettere partono.",
        "verificare nella pagina Convocazioni chi non l'ha ancora ricevuta e segnalare l'errore.",
    ),
    Trouble.ALARM_FAILING: Told(
        "gli avvisi di malfunzionamento non si riescono a preparare",
        "la preparazione degli avvisi per posta è fallita per un errore del programma; le altre lettere partono.",
        "consultare la pagina Stato della console, dove ogni malfunzionamento resta visibile, e segnalare l'errore.",
    ),
    Trouble.RECONCILE_DIFFERENCE: Told(
        "differenza tra casella e registro",
        "i messaggi presenti nella casella non corrispondono a quelli registrati.",
        "eseguire «pec-ingest reconcile» per l'elenco e «pec-ingest once» per recuperare i mancanti.",
    ),
    Trouble.ORIGINAL_DAMAGED: Told(
        "un originale conservato è danneggiato o mancante",
        "il contenuto di un messaggio conservato non corrisponde più alla sua impronta.",
        "ripristinare il file dalla copia di sicurezza; il messaggio può essere ancora nella casella.",
    ),
    Trouble.REGISTER_REPLACED: Told(
        "il file del registro è stato spostato o sostituito",
        "mentre il servizio lavorava, il file della base di dati è stato cancellato, spostato o sostituito; il "
        "servizio ha smesso subito di scrivere e ne ha salvato una copia.",
        "se il servizio segnala che non manca nulla, basta evitare che accada di nuovo; altrimenti il servizio non "
        "registra e non invia nulla finché chi lo amministra non sceglie quale registro tenere (docs/operate.md, "
        "«A lost register»).",
    ),
}


def told(code: str) -> Told:
    """What the office reads about a condition's code: of several mailboxes its suffix tells which one."""
    trouble, _, which = code.partition(":")
    said = IN_ITALIAN[Trouble(trouble)]
    name = which.rpartition(":")[2]
    if trouble == Trouble.REM_RECEIVED or name in ("", "pec", "alerts"):  # an entry's number, a channel
        return said
    return replace(said, title=f"{said.title} ({name})")
