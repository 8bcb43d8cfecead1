-- Takes the lock of a cast's time, making the calendar where it is the first time.
create or replace function offer.lock_calendar(p_cast uuid) returns void language plpgsql as $$
begin
  perform from offer.calendars where cast_id = p_cast for no key update;
  if not found then
    insert into offer.calendars (cast_id) values (p_cast) on conflict do nothing;
    perform from offer.calendars where cast_id = p_cast for no key update;
  end if;
end $$;

-- The spans in which a start of such a plan is possible: shifts minus what is blocked, shortened so that the plan ends inside its shift and its buffers
-- touch nothing that is blocked (they may overhang the shift). Reservations of the chain p_except don't count: a move may overlap what it replaces.
-- Ends are inclusive: the last instant of a span is a possible start. Booking and the public calendar both ask here.
create or replace function offer.starts(p_cast uuid, p_minutes int, p_before int, p_after int, p_from timestamptz, p_to timestamptz, p_except uuid)
  returns tstzmultirange language sql stable as $$
  with working as (
    select coalesce(range_agg(tstzrange(lower(s), upper(s) - make_interval(mins => p_minutes), '[]')), '{}') as m
    from offer.calendars c, unnest(c.shifts) s
    where c.cast_id = p_cast and upper(s) - lower(s) >= make_interval(mins => p_minutes)),
  taken as (
    select coalesce(range_agg(tstzrange(lower(b.blocked) - make_interval(mins => p_minutes + p_after), upper(b.blocked) + make_interval(mins => p_before), '()')), '{}') as m
    from booking.public_blocked b where b.cast_id = p_cast and b.chain is distinct from p_except
      and b.blocked && tstzrange(p_from - interval '2 days', p_to + interval '2 days'))
  select (working.m - taken.m) * tstzmultirange(tstzrange(p_from, p_to, '[]')) from working, taken;
$$;

create or replace view offer.public_plans as select id, cast_id, name, archived from offer.plans;
