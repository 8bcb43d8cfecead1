-- Casts from before there were profiles, and those whom no event announced.
insert into portfolio.profiles (cast_id) select id from identity.public_accounts where role = 'cast' on conflict do nothing;

-- Who follows whom; a cast may write first only to a follower.
create or replace view portfolio.public_follows as select guest, cast_id, push from portfolio.follows;

-- Who is in. Online is a lease of the gateways, seen of those who don't hide; tonight ends with the business night.
create or replace view portfolio.statuses as
  select p.cast_id, not p.invisible and exists (select from kernel.presence l where l.account = p.cast_id and l.until > kernel.instant()) as online,
         coalesce(p.tonight_until > kernel.instant(), false) as tonight,
         case when p.tonight_until > kernel.instant() then p.tonight_until end as tonight_until
  from portfolio.profiles p;

-- The end of the business night in which `t` lies: the next 06:00 by the house's clock.
create or replace function portfolio.night_end(t timestamptz) returns timestamptz language sql stable as $$
  select (date_trunc('day', t at time zone h.time_zone - interval '6 hours') + interval '1 day 6 hours') at time zone h.time_zone from kernel.house h
$$;

-- A profile as it stands in its row, for whoever may see it.
create or replace view portfolio.sheets as
  select a.id, a.role, a.display_name, coalesce(p.headline, '') as headline, coalesce(p.about, '') as about, p.area, coalesce(p.tags, '{}') as tags,
         coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name) order by u.n)
                   from unnest(p.photos) with ordinality u(id, n) join portfolio.photos f on f.id = u.id), '[]') as photos,
         coalesce(p.published, true) as published, coalesce(s.online, false) as online, coalesce(s.tonight, false) as tonight, s.tonight_until
  from identity.public_accounts a left join portfolio.profiles p on p.cast_id = a.id left join portfolio.statuses s on s.cast_id = a.id
  where a.role = 'cast';
