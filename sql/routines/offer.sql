-- Takes the lock of a cast's time, making the calendar where it is the first time.
create or replace function offer.lock_calendar(p_cast uuid) returns void language plpgsql as $$
begin
  perform from offer.calendars where cast_id = p_cast for no key update;
  if not found then
    insert into offer.calendars (cast_id) values (p_cast) on conflict do nothing;
    perform from offer.calendars where cast_id = p_cast for no key update;
  end if;
end $$;

-- What casts work around p_from to p_to: their rules by the house's clock without what they took out, and what they added (all of it, wherever it lies).
-- An hour that the clock skips has no shift in it. This and the next two stand in FROM: there they are a part of the statement that asks.
create or replace function offer.working(p_casts uuid[], p_from timestamptz, p_to timestamptz) returns table (cast_id uuid, working tstzmultirange)
  language sql stable as $$
  with days as materialized (
    select d, h.time_zone from kernel.house h
    cross join generate_series(date_trunc('day', p_from at time zone h.time_zone) - interval '1 day', p_to at time zone h.time_zone, interval '1 day') d)
  select c.cast_id, (coalesce((
    select range_agg(tstzrange(begins, ends)) from (
      select (d + make_interval(mins => r.begins)) at time zone time_zone as begins, (d + make_interval(mins => r.ends)) at time zone time_zone as ends
      from days join offer.rules r on r.weekday = extract(isodow from d) - 1 and d >= r.since and (r.until is null or d <= r.until)
      where r.cast_id = c.cast_id) nights
    where begins < ends), '{}') - c.removed) + c.shifts
  from offer.calendars c where c.cast_id = any(p_casts)
$$;

-- What is blocked of a cast's time around p_from to p_to.
create or replace function offer.taken(p_cast uuid, p_from timestamptz, p_to timestamptz) returns table (taken tstzrange[]) language sql stable as $$
  select coalesce(array_agg(blocked), '{}') from booking.public_blocked
  where cast_id = p_cast and blocked && tstzrange(p_from - interval '2 days', p_to + interval '2 days')
$$;

-- The spans in which a start of such a plan is possible: shifts minus what is taken, shortened so that the plan ends inside its shift and its buffers
-- touch nothing that is taken (they may overhang the shift). Ends are inclusive: the last instant of a span is a possible start. Where p_from is later than
-- p_to, as with a long notice, there is none.
create or replace function offer.starts_within(p_working tstzmultirange, p_taken tstzrange[], p_minutes int, p_before int, p_after int,
    p_from timestamptz, p_to timestamptz) returns table (starts tstzmultirange) language sql immutable as $$
  select case when p_from <= p_to then (
    coalesce((select range_agg(tstzrange(lower(s), upper(s) - make_interval(mins => p_minutes), '[]'))
      from unnest(p_working * tstzmultirange(tstzrange(p_from - interval '2 days', p_to + interval '2 days'))) s
      where upper(s) - lower(s) >= make_interval(mins => p_minutes)), '{}')
    - coalesce((select range_agg(tstzrange(lower(t) - make_interval(mins => p_minutes + p_after), upper(t) + make_interval(mins => p_before), '()'))
      from unnest(p_taken) t), '{}')
  ) * tstzmultirange(tstzrange(p_from, p_to, '[]')) else '{}' end
$$;

-- The same of a cast as she works and is booked, for the public calendar. One start alone is asked about by the query `offered`.
create or replace function offer.starts(p_cast uuid, p_minutes int, p_before int, p_after int, p_from timestamptz, p_to timestamptz)
  returns tstzmultirange language sql stable as $$
  select s.starts from offer.working(array[p_cast], p_from - interval '2 days', p_to + interval '2 days') w
  cross join lateral offer.taken(p_cast, p_from, p_to) t
  cross join lateral offer.starts_within(w.working, t.taken, p_minutes, p_before, p_after, p_from, p_to) s
$$;

create or replace view offer.public_plans as select id, cast_id, name, archived, amount, currency, waitlist from offer.plans;

-- The first start of a plan that is possible from p_from to p_to, its notice kept; null where there is none. What only the clock makes the first is
-- put off to the next five minutes: nobody is invited for 20:13:28.
create or replace function offer.public_first_start(p_cast uuid, p_plan uuid, p_from timestamptz, p_to timestamptz) returns timestamptz language sql stable as $$
  select lower((offer.starts(p_cast, p.minutes, p.buffer_before, p.buffer_after, e.earliest, p_to))) from offer.plans p
  cross join lateral (select greatest(p_from, date_bin('5 minutes', kernel.moment() + make_interval(mins => p.notice_minutes + 5), 'epoch')) as earliest) e
  where p.id = p_plan and p.cast_id = p_cast and not p.archived and e.earliest <= p_to
$$;

-- Those of these casts who have a possible start from p_from to p_to in one of their plans, as their availability shows it; within p_most yen, where that
-- is given. Who doesn't work then is known at once.
create or replace function offer.public_free(p_casts uuid[], p_from timestamptz, p_to timestamptz, p_most bigint) returns setof uuid language sql stable
  set plan_cache_mode = force_generic_plan as $$
  with at_work as materialized (select w.* from offer.working(p_casts, p_from - interval '2 days', p_to + interval '2 days') w)
  select a.cast_id from at_work a
  cross join lateral offer.taken(a.cast_id, p_from, p_to) t
  where a.working && tstzrange(p_from, p_to, '[]') and exists (
    select from offer.plans p
    cross join lateral (select greatest(p_from, kernel.moment() + make_interval(mins => p.notice_minutes)) as earliest) e
    cross join lateral offer.starts_within(a.working, t.taken, p.minutes, p.buffer_before, p.buffer_after, e.earliest, p_to) s
    where p.cast_id = a.cast_id and not p.archived and (p_most is null or (p.currency = 'JPY' and p.amount <= p_most)) and not isempty(s.starts))
$$;
