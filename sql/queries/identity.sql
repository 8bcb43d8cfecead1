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
select identity.shown(a) from identity.phones p join identity.accounts a on a.id = p.account where p.lookup = %(lookup)s;

-- name: account
select identity.shown(a) from identity.accounts a where id = %(id)s;

-- name: set_photo
update identity.accounts set photo = %(photo)s where id = %(account)s and erased_at is null and photo is distinct from %(photo)s;

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

-- name: history
select at, event, address from identity.auth_log where account = %(account)s order by id;

-- name: birth_date
select birth_date from identity.accounts where id = %(account)s;

-- name: is_twenty
select twenty from identity.public_ages where id = %(account)s;

-- name: has_standing
select exists (select from booking.public_reservations where %(account)s in (cast_id, guest_id) and status in ('confirmed', 'arrived'));

-- name: end_account
update identity.accounts set ends_at = coalesce(ends_at, kernel.moment() + make_interval(days => %(days)s)) where id = %(id)s returning ends_at;

-- name: restore_account
update identity.accounts set ends_at = null where id = %(id)s and ends_at is not null and erased_at is null;

-- name: due_ends
select id, role from identity.accounts where ends_at <= kernel.moment() and erased_at is null order by ends_at limit 20 for update skip locked;

-- name: due_ends_of
select a.id, a.role from identity.accounts a join identity.phones p on p.account = a.id
where p.lookup = %(lookup)s and a.ends_at <= kernel.moment() and a.erased_at is null for update of a;

-- name: erase_phone
delete from identity.phones where account = %(account)s;

-- name: erase_challenges
delete from identity.challenges where account = %(account)s;

-- name: erase_number_challenges
delete from identity.challenges where lookup = %(lookup)s;

-- name: erase_inbox
delete from identity.inbox where recipient = %(number)s;

-- name: erase_sessions
delete from identity.sessions where account = %(account)s;

-- name: erase_addresses
-- What happened stays on record, not from where.
update identity.auth_log set address = null where account = %(account)s;

-- name: erase_answers
-- Nobody can ask again for what this account was answered.
delete from kernel.commands where account = %(account)s;

-- name: erase_events
update kernel.events set payload = payload || case type when 'AccountRegistered' then '{"display_name": ""}'::jsonb else '{"photo": null}' end
where type in ('AccountRegistered', 'PortraitChanged') and key = %(account)s::text;

-- name: erase_account
update identity.accounts set display_name = '', photo = null, birth_date = null, quiet_from = null, quiet_to = null, erased_at = kernel.moment() where id = %(account)s;

-- name: texts_queued
select id, payload from kernel.jobs where kind = %(kind)s order by id;

-- name: drop_text
delete from kernel.jobs where id = %(id)s;

-- name: add_account
insert into identity.accounts (role, display_name, birth_date) values (%(role)s, %(display_name)s, %(birth_date)s) returning id;

-- name: add_casts
-- In the order of the names.
insert into identity.accounts (role, display_name, birth_date) select 'cast', name, %(birth_date)s from unnest(%(names)s::text[]) with ordinality n(name, i) order by i returning id;

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

-- name: end_sessions
update identity.sessions set ended_at = kernel.moment() where account = %(account)s and ended_at is null returning id;

-- name: devices
select id, coalesce(name, '') as name, created_at, seen_at from identity.sessions
where account = %(account)s and ended_at is null and expires_at > kernel.moment() order by seen_at desc;

-- name: session_live
select true from identity.sessions where id = %(id)s and account = %(account)s and ended_at is null and expires_at > kernel.moment();

-- name: ended_since
select id from identity.sessions where ended_at > %(since)s;

-- name: log
-- In the audit log too, without the address; codes are asked for by anybody, so they are not deeds.
with logged as (
  insert into identity.auth_log (event, account, session, address, at) values (%(event)s, %(account)s, %(session)s, %(address)s, kernel.moment()))
insert into kernel.audit (at, by, action, subject)
select kernel.moment(), %(account)s, 'auth.' || %(event)s::text, %(session)s::uuid::text where %(event)s::text <> 'code_sent';

-- name: keep_text
insert into identity.inbox (recipient, body, at) values (%(recipient)s, %(body)s, kernel.moment());

-- name: trim_inbox
delete from identity.inbox where id <= (select max(id) - 100 from identity.inbox);

-- name: inbox
select recipient, body, at from identity.inbox order by id desc limit 100;

-- name: standing
select id, role, identity.shown(accounts) as account, coalesce(suspended_until > kernel.moment(), false) as suspended, nullif(suspended_until, 'infinity') as suspended_until,
  suspended_reason, age_checked_at
from identity.accounts where id = %(id)s;

-- name: live_standing
-- The standing of an account, and whether a session of it lives.
select id, role, identity.shown(accounts) as account, coalesce(suspended_until > kernel.moment(), false) as suspended, nullif(suspended_until, 'infinity') as suspended_until,
  suspended_reason, age_checked_at, exists (
    select from identity.sessions where id = %(session)s and account = accounts.id and ended_at is null and expires_at > kernel.moment()) as live
from identity.accounts where id = %(id)s;

-- name: hold_standing
-- Many may hold it at once; who suspends or leaves waits for them, and they for that: after the wait Postgres reads the row anew.
select id, role, identity.shown(accounts) as account, coalesce(suspended_until > kernel.moment(), false) as suspended, nullif(suspended_until, 'infinity') as suspended_until,
  suspended_reason, age_checked_at, ends_at is not null as leaving
from identity.accounts where id = %(id)s for share;

-- name: lock_standing
select from identity.accounts where id = %(id)s for no key update;

-- name: suspend
update identity.accounts set suspended_at = kernel.moment(), suspended_until = coalesce(%(until)s::timestamptz, 'infinity'), suspended_reason = %(reason)s
where id = %(id)s;

-- name: restore
update identity.accounts set suspended_at = null, suspended_until = null, suspended_reason = null where id = %(id)s and suspended_until > kernel.moment();

-- name: age_checked
update identity.accounts set age_checked_at = coalesce(age_checked_at, kernel.moment()) where id = %(id)s;

-- name: standings
-- Accounts for the house, by a part of their name or by their id; `suspended` null: all of them.
select id, role, identity.shown(accounts) as account, coalesce(suspended_until > kernel.moment(), false) as suspended, nullif(suspended_until, 'infinity') as suspended_until,
  suspended_reason, age_checked_at
from identity.accounts
where (%(words)s::text is null or strpos(lower(display_name), lower(%(words)s)) > 0 or id::text = lower(%(words)s))
  and (%(suspended)s::boolean is null or coalesce(suspended_until > kernel.moment(), false) = %(suspended)s)
  and (%(after)s::uuid is null or id > %(after)s)
order by id limit %(limit)s;
