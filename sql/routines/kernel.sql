-- The one clock. Time of now, not of the transaction's start: after a wait for a lock, now() would confirm a lapsed hold.
create or replace function kernel.moment() returns timestamptz language sql volatile as 'select clock_timestamp()';

-- The same for what is only looked at. Stable, so that the planner may take a view apart in which a clock stands, instead of computing it for every row there is.
create or replace function kernel.instant() returns timestamptz language sql stable as 'select kernel.moment()';

-- The business day, by the house's clock: it ends at 06:00.
create or replace function kernel.business_day(t timestamptz) returns date language sql stable as $$
  select (t at time zone h.time_zone - interval '6 hours')::date from kernel.house h
$$;

-- Whether it is quiet now for someone with these hours, by the house's time of day; from > to: across midnight.
create or replace function kernel.is_quiet(p_from time, p_to time) returns boolean language sql stable as $$
  select coalesce(case when p_from < p_to then t >= p_from and t < p_to else t >= p_from or t < p_to end, false)
  from (select (kernel.moment() at time zone time_zone)::time as t from kernel.house) now;
$$;

create or replace view kernel.dead_letters as
  select 'delivery' as source, d.event as id, d.consumer as handler, e.type || ' ' || d.key as subject, d.attempts, d.error, d.dead_at
    from kernel.deliveries d join kernel.events e on e.id = d.event where d.dead_at is not null
  union all
  select 'job', j.id, j.kind, '', j.attempts, j.error, j.dead_at from kernel.jobs j where j.dead_at is not null;
