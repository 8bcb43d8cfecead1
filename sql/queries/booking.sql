-- name: expire_lapsed
-- Drafts of a cast that have lapsed give their time back; in the way or not. With the calendar's lock held.
update booking.reservations set status = 'expired', version = version + 1, ended_at = kernel.moment(), pressed_at = null
where cast_id = %(cast_id)s and status = 'draft' and expires_at <= kernel.moment()
returning id;

-- name: hold
insert into booking.reservations (id, cast_id, guest_id, room, plan, span, blocked, chain, replaces, expires_at, cancel_until, hold_ms, created_at)
values (%(id)s, %(cast_id)s, %(guest_id)s, %(room)s, %(plan)s, tstzrange(%(starts_at)s, %(ends_at)s), tstzrange(%(blocked_from)s, %(blocked_to)s),
  %(chain)s, %(replaces)s, %(expires_at)s, %(cancel_until)s, %(hold_ms)s, kernel.moment());

-- name: lock_reservation
-- A statement of its own: what is read after it is read after the wait.
select cast_id from booking.reservations where id = %(reservation)s and %(account)s in (cast_id, guest_id) for no key update;

-- name: cast_of
select cast_id from booking.reservations where id = %(reservation)s and %(account)s in (cast_id, guest_id);

-- name: cast_for_house
select cast_id from booking.reservations where id = %(reservation)s;

-- name: state
select id, version, status, cast_id, guest_id, room, (plan ->> 'terms_version')::int as terms_version, lower(span) as starts_at, upper(span) as ends_at,
  expires_at, cancel_until, chain, replaces, pressed_at, hold_ms, s.stepped_at, s.marked_at, kernel.moment() as now
from booking.reservations, lateral (
  select coalesce(max(at), created_at) as stepped_at, min(at) filter (where s.status in ('arrived', 'no_show')) as marked_at
  from booking.steps s where reservation = id) s
where id = %(reservation)s;

-- name: step
-- The guarded change of state: 0 rows mean that somebody was faster. What was ended by mistake (a no-show who arrived) is not ended.
update booking.reservations
set status = %(to)s, version = version + 1,
    confirmed_at = case when %(to)s = 'confirmed' then %(at)s else confirmed_at end,
    ended_by = case when %(ends)s then %(by)s when %(to)s <> 'arrived' then ended_by end,
    ended_reason = case when %(ends)s then %(reason)s when %(to)s <> 'arrived' then ended_reason end,
    ended_late = %(late)s, ended_at = case when %(ends)s then %(at)s when %(to)s <> 'arrived' then ended_at end,
    pressed_at = null
where id = %(reservation)s and status = %(from_)s and version = %(version)s
returning version;

-- name: write_step
insert into booking.steps (reservation, version, status, by, reason, at) values (%(reservation)s, %(version)s, %(status)s, %(by)s, %(reason)s, %(at)s);

-- name: press
update booking.reservations set pressed_at = kernel.moment() where id = %(reservation)s and status = 'draft';

-- name: release
update booking.reservations set pressed_at = null where id = %(reservation)s and status = 'draft' and pressed_at is not null;

-- name: document
select document from booking.public_reservations where id = %(reservation)s;

-- name: documents
-- Reservations of an account, the newest first.
select document from booking.public_reservations
where id = any(array(select id from booking.reservations where cast_id = %(account)s union all select id from booking.reservations where guest_id = %(account)s))
  and (%(statuses)s::text[] is null or status = any(%(statuses)s)) and (%(before)s::uuid is null or id < %(before)s)
order by id desc limit %(limit)s;

-- name: document_for
select document from booking.public_reservations where id = %(reservation)s and %(account)s in (cast_id, guest_id);

-- name: drafts_between
select id from booking.reservations where cast_id = %(cast_id)s and guest_id = %(guest_id)s and status = 'draft' order by id;

-- name: standing_between
select document from booking.public_reservations
where id = any(array(select id from booking.reservations
  where cast_id = %(cast_id)s and guest_id = %(guest_id)s and status in ('confirmed', 'arrived')))
order by document ->> 'starts_at', id;

-- name: lapsed_casts
select distinct cast_id from booking.reservations where status = 'draft' and expires_at <= kernel.moment() limit 100;

-- name: disputes
select document from booking.public_reservations where status = 'disputed' and (%(after)s::uuid is null or id > %(after)s) order by id limit %(limit)s;

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
