-- Slim rows in every table a recorded message leaves some in. Words in braces are filled in by bench.region.

INSERT INTO entry (id, sha256, size, notice_id, mailbox, source, state, attempts, outcome, reasons, kind,
    verdict_kind, sender, subject, identifier, message_id, provider, search, accepted_at, received_at,
    judged_at, needs_review) {n} SELECT i, 'h' || i, 1000, '{notice}', '', 'imap', 'done', 1, 'recorded',
    '[]', 'certified', 'adhesion', 'ente' || i || '@pec.example', 'Allegato 1', 'id' || i, 'm' || i,
    'gestore', 'ente ' || i, '2021-07-01 10:00:00', '2021-07-01 10:00:00', '2021-07-01 10:00:00', {false} FROM
    n;

INSERT INTO organisation (id, notice_id, name, match_name, fiscal_code, pec, emails, phones, themes,
    timeliness, role, status, first_accepted_at, first_entry_id, current_version, versions, "values",
    created_at, updated_at) {n} SELECT i, '{notice}', 'Ente ' || i, 'ente numero ' || i, 'c' || i, 'ente' || i
    || '@pec.example', '[]', '[]', '[]', 'on-time', 'operative', 'active', '2021-07-01 10:00:00', i, 1, 1,
    '{{}}', '2021-07-01 10:00:00', '2021-07-01 10:00:00' FROM n;

INSERT INTO adhesion (id, entry_id, position, organisation_id, state, fields, timeliness, role, clock,
    missing, sender_relation, needs_review, reasons, document, pages, form_sha256, content_key, accepted_at,
    created_at) {n} SELECT i, i, 0, i, 'recorded', '{{}}', 'on-time', 'operative', 'acceptance', '[]', 'same',
    {false}, '[]', 0, '[]', 'f' || i, 'k' || i, '2021-07-01 10:00:00', '2021-07-01 10:00:00' FROM n;

INSERT INTO organisation_version (id, organisation_id, number, adhesion_id, "values", accepted_at, created_at) {n} SELECT
    i, i, 1, i, '{{}}', '2021-07-01 10:00:00', '2021-07-01 10:00:00' FROM n;

INSERT INTO letter (id, key, entry_id, kind, channel, sender, mailbox, to_address, message_id, identifier,
    subject, raw, state, reason, attempts, next_try_at, created_at, last_error, in_reply_to) {n} SELECT i,
    'entry:' || i || ':reply', i, 'received-on-time', 'pec', 'comune@pec', '', 'ente' || i || '@pec.example',
    'ack.' || i, 'p' || i, 'Ricevuta', {raw}, 'delivered', '', 1, '2021-07-01 10:00:00', '2021-07-01
    10:00:00', '', 'id' || i FROM n;

INSERT INTO answered (id, identifier, sender, entry_id, letter_id, at) {n} SELECT i, 'id' || i, 'ente' || i ||
    '@pec.example', i, i, '2021-07-01 10:00:00' FROM n;

INSERT INTO receipt (id, type, identifier, recipient, at, entry_id, about, letter_id, error, detail, code,
    final) {n} SELECT i, 'delivery', 'p' || i, 'ente' || i || '@pec.example', '2021-07-01 10:00:00', i, 'ack.'
    || i, i, '', '', '', {false} FROM n
