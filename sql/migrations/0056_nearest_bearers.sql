-- Of each tag the thousand who bear it and are nearest to what it means: a wish for one tag that many bear need not look at all of them.
create table portfolio.nearest_bearers (
  cast_id uuid not null references portfolio.search_documents (cast_id) on delete cascade,
  tag text not null,
  nearness real not null,
  primary key (cast_id, tag)
);
comment on column portfolio.nearest_bearers.nearness is 'Cosine of her vector and the tag''s, both of the newest version.';

alter table portfolio.tag_vectors add column floor real;
comment on column portfolio.tag_vectors.floor is
  'Of the newest version: whoever bears the tag and is at least so near stands in nearest_bearers. Null: not known.';

with ranked as (
  select t.tag, d.cast_id, -(d.vector <#> t.vector::halfvec) as nearness, rank() over (partition by t.tag order by d.vector <#> t.vector::halfvec) as place
  from portfolio.search_documents d cross join unnest(d.tags) b(tag)
  join portfolio.tag_vectors t on t.version = (select max(version) from portfolio.vector_versions) and t.tag = b.tag
  where d.vector is not null),
nearest as (select * from ranked where place <= 1000),
written as (insert into portfolio.nearest_bearers (cast_id, tag, nearness) select cast_id, tag, nearness from nearest on conflict do nothing)
update portfolio.tag_vectors t set floor = n.floor
from (select tag, case when count(*) < 1000 then '-infinity' else min(nearness) end as floor from nearest group by tag) n
where t.version = (select max(version) from portfolio.vector_versions) and t.tag = n.tag;
create index nearest_bearers_order on portfolio.nearest_bearers (tag, nearness desc) include (cast_id);
