-- Of each tag the thousand who bear it and are nearest to what it means: a wish for one tag that many bear need not look at all of them.
create table portfolio.nearest_bearers (
  cast_id uuid not null references portfolio.search_documents (cast_id) on delete cascade,
  tag text not null,
  nearness real not null,
  primary key (cast_id, tag)
);
create index nearest_bearers_order on portfolio.nearest_bearers (tag, nearness desc) include (cast_id);
comment on column portfolio.nearest_bearers.nearness is 'Cosine of her vector and the tag''s, both of the newest version.';

alter table portfolio.tag_vectors add column floor real;
comment on column portfolio.tag_vectors.floor is
  'Of the newest version: whoever bears the tag and is at least so near stands in nearest_bearers. Null: not known, as before the first learning since there is that table.';
