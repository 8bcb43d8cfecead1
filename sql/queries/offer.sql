-- name: lock_calendar
select offer.lock_calendar(%(cast_id)s);

-- name: lock_kept
-- The same of a calendar that is there already: who has none has no plan either, and no time that anybody could hold.
select from offer.calendars where cast_id = %(cast_id)s for no key update;

-- name: lock_calendar_of
-- The time that a reservation takes, for one of its two parties.
select from offer.calendars
where cast_id = (select cast_id from booking.public_parties where id = %(reservation)s and %(account)s in (cast_id, guest_id)) for no key update;

-- name: plan
select * from offer.plans where id = %(plan)s and cast_id = %(cast_id)s;

-- name: plans
select * from offer.plans where cast_id = %(cast_id)s and (%(all)s or not archived) order by archived, id;

-- name: plans_of
select * from offer.plans where cast_id = any(%(casts)b::uuid[]) and not archived order by cast_id, id;

-- name: plan_count
select count(*) from offer.plans where cast_id = %(cast_id)s and not archived;

-- name: add_plan
insert into offer.plans (cast_id, name, minutes, amount, currency, terms, description, buffer_before, buffer_after, notice_minutes, cancel_minutes, waitlist)
values (%(cast_id)s, %(name)s, %(minutes)s, %(amount)s, %(currency)s, %(terms)s, %(description)s, %(buffer_before)s, %(buffer_after)s, %(notice_minutes)s,
  %(cancel_minutes)s, %(waitlist)s) returning *;

-- name: enter_calendars
insert into offer.calendars (cast_id, shifts)
select c, coalesce((select range_agg(tstzrange(s.starts_at, s.ends_at))
  from unnest(%(owners)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) s(owner, starts_at, ends_at) where s.owner = c), '{}')
from unnest(%(casts)s::uuid[]) c;

-- name: enter_plans
insert into offer.plans (cast_id, name, minutes, amount, currency, terms, buffer_before, buffer_after, notice_minutes, cancel_minutes, waitlist)
select * from unnest(%(casts)s::uuid[], %(names)s::text[], %(minutes)s::int[], %(amounts)s::bigint[], %(currencies)s::text[], %(terms)s::text[],
  %(before)s::int[], %(after)s::int[], %(notice)s::int[], %(cancel)s::int[], %(waitlist)s::boolean[]);

-- name: save_plan
-- What a guest agrees to (price, minutes, terms, cancellation) has a version of its own.
update offer.plans p set name = %(name)s, minutes = %(minutes)s, amount = %(amount)s, currency = %(currency)s, terms = %(terms)s, description = %(description)s,
  buffer_before = %(buffer_before)s, buffer_after = %(buffer_after)s, notice_minutes = %(notice_minutes)s, cancel_minutes = %(cancel_minutes)s,
  waitlist = %(waitlist)s, archived = false,
  terms_version = terms_version + ((p.minutes, p.amount, p.currency, p.terms, p.cancel_minutes)
    is distinct from (%(minutes)s, %(amount)s, %(currency)s, %(terms)s, %(cancel_minutes)s))::int
where id = %(plan)s and cast_id = %(cast_id)s returning *;

-- name: archive_plan
update offer.plans set archived = true where id = %(plan)s and cast_id = %(cast_id)s returning *;

-- name: shifts
-- From yesterday on; what rules make, for so many days ahead.
select lower(s) as starts_at, upper(s) as ends_at
from offer.working(array[%(cast_id)s::uuid], kernel.moment() - interval '1 day', kernel.moment() + make_interval(days => %(days)s)) w, unnest(w.working) s
where upper(s) > kernel.moment() - interval '1 day' order by 1;

-- name: add_shift
update offer.calendars set shifts = shifts + tstzmultirange(tstzrange(%(starts_at)s, %(ends_at)s)) where cast_id = %(cast_id)s;

-- name: rules
select weekday, begins, ends, until from offer.rules where cast_id = %(cast_id)s order by weekday;

-- name: save_rule
-- From the business day on in which it is said.
insert into offer.rules (cast_id, weekday, begins, ends, since, until)
values (%(cast_id)s, %(weekday)s, %(begins)s, %(ends)s, kernel.business_day(kernel.moment()), %(until)s)
on conflict (cast_id, weekday) do update set begins = excluded.begins, ends = excluded.ends, since = excluded.since, until = excluded.until;

-- name: business_day
select kernel.business_day(kernel.moment());

-- name: mark_changed
-- Once until it has been told. With the calendar's lock held, so that who tells of it has not seen it yet, or tells again.
update offer.calendars set version = version + 1 where cast_id = %(cast_id)s and told = version;

-- name: drop_rule
delete from offer.rules where cast_id = %(cast_id)s and weekday = %(weekday)s;

-- name: changed
-- Casts of whose calendar something may have changed since it was told last.
select cast_id, version from offer.calendars where told <> version limit %(most)s;

-- name: mark_told
-- What changed after it was looked at is told again; what somebody else holds is left to the next time.
with seen as (
  select c.cast_id, s.version from offer.calendars c join unnest(%(casts)b::uuid[], %(versions)b::bigint[]) s(cast_id, version) using (cast_id)
  where c.told < s.version for update of c skip locked)
update offer.calendars c set told = seen.version from seen where c.cast_id = seen.cast_id
returning c.cast_id;

-- name: watchers
-- Who may have a cast's calendar before them: followers, guests who talk with her, and those who wait for her time.
select cast_id, array_agg(guest) as guests from (
  select cast_id, guest from portfolio.public_follows where cast_id = any(%(casts)b::uuid[])
  union select cast_id, guest_id from message.public_rooms where cast_id = any(%(casts)b::uuid[])
  union select cast_id, guest_id from booking.public_waits where cast_id = any(%(casts)b::uuid[])) watching
group by cast_id;

-- name: remove_shift
update offer.calendars set shifts = shifts - tstzmultirange(tstzrange(%(starts_at)s, %(ends_at)s)),
  removed = removed + tstzmultirange(tstzrange(%(starts_at)s, %(ends_at)s)) where cast_id = %(cast_id)s;

-- name: stands_in
-- Whether a live reservation stands in the span.
select exists (select from booking.public_blocked where cast_id = %(cast_id)s and span && tstzrange(%(starts_at)s, %(ends_at)s));

-- name: offered
-- A plan, the clock, and what stands against such a start of it: nothing (possible), that she doesn't work then (outside), or that she does and it is
-- taken; by others than the chain: a move may overlap what it replaces. Of one start it says what offer.starts says of many, in half of the time.
select p.*, kernel.moment() as now,
  case when (select w.working @> tstzrange(%(at)s, %(at)s::timestamptz + make_interval(mins => p.minutes))
      from offer.working(array[p.cast_id], %(at)s::timestamptz - interval '2 days', %(at)s::timestamptz + interval '2 days') w) is not true then 'outside'
    when exists (select from booking.public_blocked b where b.cast_id = p.cast_id and b.chain is distinct from %(chain)s
      and b.blocked && tstzrange(%(at)s::timestamptz - make_interval(mins => p.buffer_before), %(at)s::timestamptz + make_interval(mins => p.minutes + p.buffer_after)))
      then 'taken'
    else 'possible' end as start
from offer.plans p where p.id = %(plan)s and p.cast_id = %(cast_id)s;

-- name: first_start
select offer.public_first_start(%(cast_id)s, %(plan)s, %(from_)s, %(to)s);

-- name: slots
select lower(s) as from_, upper(s) as to
from unnest(offer.starts(%(cast_id)s, %(minutes)s, %(before)s, %(after)s, %(from_)s, %(to)s)) s order by 1;
