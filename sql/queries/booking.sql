-- name: lapsed
-- Drafts of a cast that have lapsed and still hold their time. With the calendar's lock held.
select id from booking.reservations where cast_id = %(cast_id)s and status = 'draft' and expires_at <= kernel.moment();

-- name: expire
update booking.reservations set status = 'expired', version = version + 1, ended_at = kernel.moment(), pressed_at = null where id = %(reservation)s;

-- name: hold
-- A draft, and the first of its steps; nothing for a guest who is there no more.
with held as (
  insert into booking.reservations (id, cast_id, guest_id, room, plan, span, blocked, chain, replaces, expires_at, cancel_until, hold_ms, created_at)
  select %(id)s, %(cast_id)s, %(guest_id)s, %(room)s, %(plan)s, tstzrange(%(starts_at)s, %(ends_at)s), tstzrange(%(blocked_from)s, %(blocked_to)s),
    %(chain)s, %(replaces)s::uuid, %(expires_at)s, %(cancel_until)s, %(hold_ms)s, kernel.moment()
  where not exists (select from identity.public_absent where id = %(guest_id)s)
  returning id, cast_id, version)
insert into booking.steps (reservation, version, status, by, at) select id, version, 'draft', cast_id, %(now)s from held;

-- name: lock
select from booking.reservations where id = %(reservation)s and %(account)s in (cast_id, guest_id) for no key update;

-- name: cast_for_house
select cast_id from booking.reservations where id = %(reservation)s;

-- name: state
select * from booking.states where id = %(reservation)s;

-- name: state_for
select * from booking.states where id = %(reservation)s and %(account)s in (cast_id, guest_id);

-- name: whole_for
select s.*, r.written as document,
  exists (select from identity.public_absent where id = s.cast_id) or exists (select from identity.public_absent where id = s.guest_id) as absent
from booking.states s join booking.public_reservations r using (id)
where s.id = %(reservation)s and %(account)s in (s.cast_id, s.guest_id);

-- name: step
-- With the reservation locked. The record comes first: were it there already (steps_pkey), somebody had been faster.
with noted as (
  insert into booking.steps (reservation, version, status, by, reason, at)
  values (%(reservation)s, %(version)s, %(status)s, %(by)s, %(reason)s, %(at)s) returning reservation, version)
update booking.reservations r
set status = %(status)s, version = noted.version, confirmed_at = %(confirmed_at)s, ended_by = %(ended_by)s, ended_reason = %(ended_reason)s,
    ended_late = %(ended_late)s, ended_at = %(ended_at)s, pressed_at = null
from noted where r.id = noted.reservation;

-- name: write_step
insert into booking.steps (reservation, version, status, by, reason, at) values (%(reservation)s, %(version)s, %(status)s, %(by)s, %(reason)s, %(at)s);

-- name: press
-- Locked first, so that the clock is read after a wait for somebody else. The commit does not wait for the disk (docs/decisions/0048): a pledge does, and
-- takes what it depends on there with it.
update booking.reservations r set pressed_at = kernel.moment()
from (select id, set_config('synchronous_commit', 'off', true) as commit from booking.reservations
  where id = %(reservation)s and guest_id = %(guest)s and status = 'draft' for no key update) mine
where mine.commit = 'off' and r.id = mine.id and r.expires_at > kernel.moment() returning r.cast_id, r.hold_ms, r.pressed_at as at;

-- name: release
update booking.reservations set pressed_at = null
where id = %(reservation)s and guest_id = %(guest)s and status = 'draft' and pressed_at is not null returning cast_id, hold_ms, kernel.moment() as at;

-- name: document
select written from booking.public_reservations where id = %(reservation)s;

-- name: documents
-- Reservations of an account, the newest first: by when they were made, since ids tell that only of later ones. `before` is the last of the page before.
select document from booking.public_reservations
where id = any(array(select id from booking.reservations where cast_id = %(account)s union all select id from booking.reservations where guest_id = %(account)s))
  and (%(statuses)s::text[] is null or present = any(%(statuses)s))
  and (%(before)s::uuid is null or (created_at, id) < (select created_at, id from booking.reservations where id = %(before)s))
order by created_at desc, id desc limit %(limit)s;

-- name: document_for
select document from booking.public_reservations where id = %(reservation)s and %(account)s in (cast_id, guest_id);

-- name: drafts_between
select id from booking.reservations where cast_id = %(cast_id)s and guest_id = %(guest_id)s and status = 'draft' order by id;

-- name: standing_between
select document from booking.public_reservations
where id = any(array(select id from booking.reservations
  where cast_id = %(cast_id)s and guest_id = %(guest_id)s and status in ('confirmed', 'arrived'))) and present in ('confirmed', 'arrived')
order by document ->> 'starts_at', id;

-- name: lapsed_casts
select distinct cast_id from booking.reservations where status = 'draft' and expires_at <= kernel.moment() limit 100;

-- name: disputes
-- In the order in which the reservations were made.
select document from booking.public_reservations
where status = 'disputed' and (%(after)s::uuid is null or (created_at, id) > (select created_at, id from booking.reservations where id = %(after)s))
order by created_at, id limit %(limit)s;

-- name: steps
select version, status, by, reason, at from booking.steps where reservation = %(reservation)s order by version;

-- name: ahead
-- What an account has before it: drafts, and what is confirmed and has not begun, in the order of their locks.
select id, cast_id from booking.reservations
where id = any(array(select id from booking.reservations where cast_id = %(account)s union all select id from booking.reservations where guest_id = %(account)s))
  and status in ('draft', 'confirmed') and lower(span) > kernel.moment() order by cast_id, id;

-- name: over
-- Reservations whose time has come to complete by itself: arrived ones at the end, confirmed ones 48 hours later.
select id, cast_id from booking.reservations
where (status = 'arrived' and upper(span) <= kernel.moment()) or (status = 'confirmed' and upper(span) + interval '48 hours' <= kernel.moment()) limit 100;

-- name: drift_overlaps
-- Live reservations of a cast that overlap, but for those of one chain.
select format('cast %%s: %%s and %%s overlap', a.cast_id, a.id, b.id) as line
from booking.reservations a join booking.reservations b on a.cast_id = b.cast_id and a.id < b.id and a.chain <> b.chain and a.blocked && b.blocked
where a.status in ('draft', 'confirmed', 'arrived') and b.status in ('draft', 'confirmed', 'arrived') order by a.id, b.id;

-- name: drift_steps
-- Reservations that are not where their last step left them, or whose steps are not 1 to version without a gap.
select format('reservation %%s: %%s at version %%s, but its %%s steps end with %%s', r.id, r.status, r.version, coalesce(s.steps, 0), coalesce(s.status, 'none')) as line
from booking.reservations r
left join (select reservation, count(*) as steps, max(version) as version, (array_agg(status order by version desc))[1] as status
           from booking.steps group by reservation) s on s.reservation = r.id
where (r.status, r.version, r.version) is distinct from (s.status, s.version, s.steps::int) order by r.id;

-- name: add_wait
insert into booking.waits (cast_id, guest_id, plan, span, at)
values (%(cast_id)s, %(guest_id)s, %(plan)s, tstzrange(%(from_)s, %(to)s, '[]'), kernel.moment()) returning id;

-- name: wait_of
-- One's own waiting for the same plan that touches this span.
select id from booking.waits where cast_id = %(cast_id)s and guest_id = %(guest_id)s and plan = %(plan)s and span && tstzrange(%(from_)s, %(to)s, '[]') limit 1;

-- name: lock_waits
-- Until the end of the transaction: of two waitings of a guest at once the second counts the first.
select pg_advisory_xact_lock(hashtextextended('waits ' || %(guest_id)s::text, 0));

-- name: wait_count
select count(*) from booking.waits where guest_id = %(guest_id)s;

-- name: waits
-- Of a guest or of a cast, with the place that each has among those who wait for times that touch theirs.
select w.id as waitlist, w.plan, lower(w.span) as from_, upper(w.span) as to, w.reservation, c.document as cast, g.document as guest,
  1 + (select count(*) from booking.waits o where o.cast_id = w.cast_id and o.id < w.id and o.span && w.span) as place
from booking.waits w join identity.public_accounts c on c.id = w.cast_id join identity.public_accounts g on g.id = w.guest_id
where %(account)s in (w.cast_id, w.guest_id) and (%(wait)s::uuid is null or w.id = %(wait)s) order by w.id;

-- name: drop_wait
delete from booking.waits where id = %(wait)s and guest_id = %(guest_id)s;

-- name: drop_waits_between
delete from booking.waits where cast_id = %(cast_id)s and guest_id = %(guest_id)s;

-- name: forget_waits
delete from booking.waits where %(account)s in (cast_id, guest_id);

-- name: drop_void_waits
-- Whose hold has come to an end, one way or the other; whose time has gone by; for a plan that knows no waiting any more; of somebody who is not there.
delete from booking.waits w where upper(w.span) <= kernel.moment()
  or exists (select from booking.reservations r where r.id = w.reservation and (r.status <> 'draft' or r.expires_at <= kernel.moment()))
  or not exists (select from offer.public_plans p where p.id = w.plan and not p.archived and p.waitlist)
  or exists (select from identity.public_absent a where a.id in (w.cast_id, w.guest_id));

-- name: next_to_serve
-- A cast for whose free time somebody waits who holds nothing yet.
select cast_id from booking.waits where reservation is null and offer.public_first_start(cast_id, plan, lower(span), upper(span)) is not null limit 1;

-- name: line
select id, guest_id, plan, lower(span) as from_, upper(span) as to from booking.waits
where cast_id = %(cast_id)s and reservation is null and upper(span) > kernel.moment() order by id;

-- name: serve_wait
update booking.waits set reservation = %(reservation)s where id = %(wait)s;

-- name: drift_waits
-- Who waits on a hold that is another's or another time's, and who was passed over: a later one holds what the earlier one of the same plan wanted.
select format('wait %%s: its hold %%s is of somebody else or of another time', w.id, r.id) as line
from booking.waits w join booking.reservations r on r.id = w.reservation
where (r.cast_id, r.guest_id) is distinct from (w.cast_id, w.guest_id) or r.plan ->> 'id' <> w.plan::text or not w.span @> lower(r.span)
union all
select format('wait %%s: passed over for %%s', w.id, o.id)
from booking.waits w join booking.waits o on o.cast_id = w.cast_id and o.plan = w.plan and o.id > w.id
join booking.reservations r on r.id = o.reservation and r.status = 'draft' and r.expires_at > kernel.moment()
where w.reservation is null and w.at < r.created_at and w.span @> lower(r.span) order by 1;

-- name: link_feed
insert into booking.feeds (account, token, at) values (%(account)s, %(token)s, kernel.moment())
on conflict (account) do update set token = excluded.token, at = excluded.at;

-- name: drop_feed
delete from booking.feeds where account = %(account)s;

-- name: feed_since
select at from booking.feeds where account = %(account)s;

-- name: fed_account
select account from booking.feeds where token = %(token)s;

-- name: fed
-- What a calendar shows of an account: everything that was ever confirmed, from three months ago on.
select id, version, status, starts_at, ends_at, document -> 'plan' ->> 'name' as plan, confirmed_at
from booking.public_reservations
where id = any(array(select id from booking.reservations where cast_id = %(account)s union all select id from booking.reservations where guest_id = %(account)s))
  and confirmed_at is not null and ends_at > kernel.moment() - interval '90 days' order by starts_at, id limit 2000;

-- name: take_reminders
-- Confirmed reservations whose start is a day, or an hour, away; not those that were made later than that, nor of two who have parted. Each once.
insert into booking.reminders (reservation, kind, at)
select r.id, k.kind, kernel.moment() from booking.reservations r
cross join (values ('day', interval '24 hours', interval '1 hour'), ('hour', interval '1 hour', interval '0')) k(kind, before, until)
where r.status = 'confirmed' and upper(r.span) > kernel.moment() and lower(r.span) <= kernel.moment() + k.before and lower(r.span) > kernel.moment() + k.until
  and r.confirmed_at < lower(r.span) - k.before
  and not exists (select from message.public_blocks where account = r.cast_id and other = r.guest_id)
on conflict do nothing
returning reservation, kind;

-- name: take_unheard
-- Reminders of which no device has heard after so long, of reservations that still stand; what was heard, or is over, is settled too. In quiet hours
-- they wait for the end of these, or of the matter.
with open as (
  update booking.reminders m set settled = true from booking.reservations r join identity.public_accounts g on g.id = r.guest_id
  where r.id = m.reservation and not m.settled and m.at <= kernel.moment() - make_interval(secs => %(seconds)s)
    and (lower(r.span) <= kernel.moment() or not kernel.is_quiet(g.quiet_from, g.quiet_to))
  returning r.id, r.cast_id, r.guest_id, r.status, lower(r.span) as starts_at, m.at)
select id, guest_id as guest, starts_at from open
where status = 'confirmed' and starts_at > kernel.moment() and not message.public_reached(guest_id, at)
  and not exists (select from message.public_blocks where account = cast_id and other = guest_id);
