-- name: lock_calendar
select offer.lock_calendar(%(cast_id)s);

-- name: plan
select * from offer.plans where id = %(plan)s and cast_id = %(cast_id)s;

-- name: plans
select * from offer.plans where cast_id = %(cast_id)s and (%(all)s or not archived) order by archived, id;

-- name: plans_of
select * from offer.plans where cast_id = any(%(casts)s) and not archived order by cast_id, id;

-- name: plan_count
select count(*) from offer.plans where cast_id = %(cast_id)s and not archived;

-- name: add_plan
insert into offer.plans (cast_id, name, minutes, amount, currency, terms, description, buffer_before, buffer_after, notice_minutes, cancel_minutes, waitlist)
values (%(cast_id)s, %(name)s, %(minutes)s, %(amount)s, %(currency)s, %(terms)s, %(description)s, %(buffer_before)s, %(buffer_after)s, %(notice_minutes)s,
  %(cancel_minutes)s, %(waitlist)s) returning *;

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
select lower(s) as starts_at, upper(s) as ends_at from offer.calendars c, unnest(c.shifts) s
where c.cast_id = %(cast_id)s and upper(s) > kernel.moment() - interval '1 day' order by 1;

-- name: add_shift
update offer.calendars set shifts = shifts + tstzmultirange(tstzrange(%(starts_at)s, %(ends_at)s)) where cast_id = %(cast_id)s;

-- name: remove_shift
update offer.calendars set shifts = shifts - tstzmultirange(tstzrange(%(starts_at)s, %(ends_at)s)) where cast_id = %(cast_id)s;

-- name: stands_in
-- Whether a live reservation stands in the span.
select exists (select from booking.public_blocked where cast_id = %(cast_id)s and span && tstzrange(%(starts_at)s, %(ends_at)s));

-- name: can_start
select offer.starts(%(cast_id)s, %(minutes)s, %(before)s, %(after)s, %(at)s, %(at)s, %(chain)s) @> %(at)s::timestamptz;

-- name: works
-- Whether the whole span lies in the shifts, free or not.
select exists (select from offer.calendars where cast_id = %(cast_id)s and shifts @> tstzrange(%(starts_at)s, %(ends_at)s));

-- name: slots
select lower(s) as from_, upper(s) as to
from unnest(offer.starts(%(cast_id)s, %(minutes)s, %(before)s, %(after)s, %(from_)s, %(to)s, null)) s order by 1;
