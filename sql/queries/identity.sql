-- name: last_text
-- Seconds since a number was last sent a code, or null.
select extract(epoch from kernel.moment() - max(created_at))::float8 from identity.challenges where lookup = %(lookup)s;

-- name: lock_number
-- Two requests for one number at once: the second sees the first.
select pg_advisory_xact_lock(hashtextextended(encode(%(lookup)s, 'hex'), 0));

-- name: end_challenges
update identity.challenges set expires_at = kernel.moment() where lookup = %(lookup)s and expires_at > kernel.moment() and verified_at is null;

-- name: add_challenge
insert into identity.challenges (id, lookup, sealed, code_hash, expires_at, created_at, account)
values (%(id)s, %(lookup)s, %(sealed)s, %(code_hash)s, kernel.moment() + make_interval(secs => %(seconds)s), kernel.moment(), %(account)s);

-- name: try_challenge
-- Counts the try before it is judged; null when the challenge can't be used any more.
update identity.challenges set tries = tries + 1
where id = %(id)s and tries < %(most)s and expires_at > kernel.moment() and verified_at is null
returning lookup, sealed, code_hash, account;

-- name: verify_challenge
update identity.challenges set verified_at = kernel.moment(), registration_hash = %(registration_hash)s
where id = %(id)s and verified_at is null and expires_at > kernel.moment();

-- name: use_registration
update identity.challenges set registered_at = kernel.moment()
where registration_hash = %(hash)s and registered_at is null and verified_at > kernel.moment() - make_interval(secs => %(seconds)s)
returning lookup, sealed;

-- name: by_number
select a.id, a.role, a.display_name from identity.phones p join identity.accounts a on a.id = p.account where p.lookup = %(lookup)s;

-- name: account
select id, role, display_name from identity.accounts where id = %(id)s;

-- name: settings
select to_char(quiet_from, 'HH24:MI') as quiet_from, to_char(quiet_to, 'HH24:MI') as quiet_to, private_receipts, language
from identity.accounts where id = %(id)s;

-- name: lock_account
select id from identity.accounts where id = %(id)s for no key update;

-- name: save_settings
update identity.accounts set quiet_from = %(quiet_from)s::time, quiet_to = %(quiet_to)s::time, private_receipts = %(private_receipts)s,
  language = %(language)s where id = %(id)s;

-- name: language
select language from identity.accounts
where id = coalesce(%(account)s, (select account from identity.phones where lookup = %(lookup)s));

-- name: sealed_number
select sealed from identity.phones where account = %(account)s;

-- name: last_four
select last_four from identity.phones where account = %(account)s;

-- name: add_phone_change
insert into identity.phone_changes (account, lookup, sealed, last_four, asked_at, effective_at)
values (%(account)s, %(lookup)s, %(sealed)s, %(last_four)s, %(asked_at)s, %(effective_at)s)
on conflict (account) do update set lookup = excluded.lookup, sealed = excluded.sealed, last_four = excluded.last_four,
  asked_at = excluded.asked_at, effective_at = excluded.effective_at;

-- name: phone_change
select account, lookup, sealed, last_four, effective_at from identity.phone_changes where account = %(account)s;

-- name: due_phone_changes
-- Those whose delay is over, locked; what a sign-in has locked is left to it.
select account, lookup, sealed, last_four, effective_at from identity.phone_changes
where effective_at <= kernel.moment() order by effective_at, account limit 100 for update skip locked;

-- name: due_phone_changes_of
-- The due ones from or to a number, locked.
select account, lookup, sealed, last_four, effective_at from identity.phone_changes
where effective_at <= kernel.moment()
  and (lookup = %(lookup)s or account = (select account from identity.phones where lookup = %(lookup)s))
order by effective_at, account for update;

-- name: change_phone
update identity.phones set lookup = %(lookup)s, sealed = %(sealed)s, last_four = %(last_four)s
where account = %(account)s and not exists (select from identity.phones where lookup = %(lookup)s);

-- name: drop_phone_change
delete from identity.phone_changes where account = %(account)s;

-- name: add_account
insert into identity.accounts (role, display_name, birth_date) values (%(role)s, %(display_name)s, %(birth_date)s) returning id;

-- name: add_phone
insert into identity.phones (account, lookup, sealed, last_four) values (%(account)s, %(lookup)s, %(sealed)s, %(last_four)s);

-- name: add_cast_code
insert into identity.cast_codes (hash, expires_at) values (%(hash)s, kernel.moment() + interval '7 days');

-- name: use_cast_code
update identity.cast_codes set used_by = %(account)s where hash = %(hash)s and used_by is null and expires_at > kernel.moment();

-- name: add_session
insert into identity.sessions (id, account, name, rotated_at, created_at, seen_at, expires_at)
values (%(id)s, %(account)s, %(name)s, kernel.moment(), kernel.moment(), kernel.moment(), kernel.moment() + make_interval(days => %(days)s));

-- name: rotate
-- Whoever holds the present token gets the next one; of several at once, one.
update identity.sessions set generation = generation + 1, rotated_at = kernel.moment(), seen_at = kernel.moment(),
  expires_at = kernel.moment() + make_interval(days => %(days)s)
where id = %(id)s and generation = %(generation)s and ended_at is null and expires_at > kernel.moment()
returning account, generation;

-- name: just_rotated
-- The previous token, within its grace: the same successor again.
select account, generation from identity.sessions
where id = %(id)s and generation = %(generation)s + 1 and ended_at is null and rotated_at > kernel.moment() - make_interval(secs => %(grace)s);

-- name: end_session
update identity.sessions set ended_at = kernel.moment() where id = %(id)s and ended_at is null and (%(account)s::uuid is null or account = %(account)s);

-- name: devices
select id, coalesce(name, '') as name, created_at, seen_at from identity.sessions
where account = %(account)s and ended_at is null and expires_at > kernel.moment() order by seen_at desc;

-- name: session_live
select true from identity.sessions where id = %(id)s and account = %(account)s and ended_at is null and expires_at > kernel.moment();

-- name: ended_since
select id from identity.sessions where ended_at > %(since)s;

-- name: log
insert into identity.auth_log (event, account, session, address, at) values (%(event)s, %(account)s, %(session)s, %(address)s, kernel.moment());

-- name: keep_text
insert into identity.inbox (recipient, body, at) values (%(recipient)s, %(body)s, kernel.moment());

-- name: trim_inbox
delete from identity.inbox where id <= (select max(id) - 100 from identity.inbox);

-- name: inbox
select recipient, body, at from identity.inbox order by id desc limit 100;
