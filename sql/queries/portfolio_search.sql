-- name: page
select * from portfolio.search(%(account)s, %(tags)s::text[], %(not_tags)s::text[], %(online)s, %(tonight)s, %(area)s, %(words)s::text[], %(latin)s::text[], %(grams)s::text[],
  %(most)s, %(from_)s, %(to)s, %(wish)s::text[], %(version)s, %(vector)s, %(seed)s, %(score)s, %(shuffle)s, %(after)s, %(limit)s);

-- name: vocabulary
select id, ja, en, category, synonyms from portfolio.tags order by id;

-- name: meaning
-- The newest version, or that of a cursor if it is still kept, and what these tags mean in it; a line without a tag where it knows none of them.
select v.version, t.tag, t.vector from (
  select version from portfolio.vector_versions where %(version)s::bigint is null or version = %(version)s order by version desc limit 1) v
left join portfolio.tag_vectors t on t.version = v.version and t.tag = any(%(tags)b::text[]);

-- name: kept_tag_vectors
-- A line without a tag for a version that knows none.
select version, t.tag, t.vector from portfolio.vector_versions left join portfolio.tag_vectors t using (version);

-- name: lock_learning
-- Whoever writes a document shares it; learning takes it alone, so that no document misses a new version.
select case when %(alone)s then pg_advisory_xact_lock(7316015) else pg_advisory_xact_lock_shared(7316015) end;

-- name: try_learning
-- To share it without a wait; not while a learning is written, or waits for its turn.
select pg_try_advisory_xact_lock_shared(7316015);

-- name: source_of
select cast_id, published, area, tags, text, source from portfolio.search_sources where cast_id = any(%(casts)s);

-- name: stale
-- Documents that are not of what they were made from any more, whoever changed it.
select s.cast_id from portfolio.search_sources s left join portfolio.search_texts t on t.cast_id = s.cast_id
where t.source is distinct from s.source limit %(limit)s;

-- name: orphans
delete from portfolio.search_documents d where not exists (select from portfolio.search_sources s where s.cast_id = d.cast_id);

-- name: write_documents
insert into portfolio.search_documents (cast_id, published, area, tags, vector, earlier)
select u.cast_id, u.published, u.area, array(select jsonb_array_elements_text(u.tags)), u.vector::halfvec, u.earlier::halfvec
from unnest(%(casts)s::uuid[], %(published)s::boolean[], %(areas)s::text[], %(tags)s::jsonb[], %(vectors)s::text[], %(earlier)s::text[])
  u(cast_id, published, area, tags, vector, earlier)
on conflict (cast_id) do update set published = excluded.published, area = excluded.area, tags = excluded.tags, vector = excluded.vector, earlier = excluded.earlier;

-- name: write_texts
insert into portfolio.search_texts (cast_id, plain, latin, grams, source)
select u.cast_id, u.plain, u.latin, array(select jsonb_array_elements_text(u.grams)), u.source
from unnest(%(casts)s::uuid[], %(plains)s::text[], %(latins)s::text[], %(grams)s::jsonb[], %(sources)s::text[]) u(cast_id, plain, latin, grams, source)
on conflict (cast_id) do update set plain = excluded.plain, latin = excluded.latin, grams = excluded.grams, source = excluded.source;

-- name: write_vectors
-- Of a version that is just being learned.
update portfolio.search_documents d set earlier = d.vector, vector = u.vector::halfvec
from unnest(%(casts)s::uuid[], %(vectors)s::text[]) u(cast_id, vector) where d.cast_id = u.cast_id;

-- name: forget_nearest
delete from portfolio.nearest_bearers where cast_id = any(%(casts)s);

-- name: forget_all_nearest
delete from portfolio.nearest_bearers;

-- name: write_nearest
-- Of a version that is just being learned: a thousand for each tag, and who is as near as the last of them; all, where no more bear it.
with ranked as (
  select t.tag, d.cast_id, -(d.vector <#> t.vector::halfvec) as nearness, rank() over (partition by t.tag order by d.vector <#> t.vector::halfvec) as place
  from portfolio.search_documents d cross join unnest(d.tags) b(tag) join portfolio.tag_vectors t on t.version = %(version)s and t.tag = b.tag
  where d.vector is not null),
nearest as (select * from ranked where place <= 1000),
written as (insert into portfolio.nearest_bearers (cast_id, tag, nearness) select cast_id, tag, nearness from nearest on conflict do nothing)
update portfolio.tag_vectors t set floor = n.floor
from (select tag, case when count(*) < 1000 then '-infinity' else min(nearness) end as floor from nearest group by tag) n
where t.version = %(version)s and t.tag = n.tag;

-- name: add_nearest
-- Of documents that were written, for the tags that they come near enough to.
insert into portfolio.nearest_bearers (cast_id, tag, nearness)
select d.cast_id, t.tag, -(d.vector <#> t.vector::halfvec)
from portfolio.search_documents d cross join unnest(d.tags) b(tag)
join portfolio.tag_vectors t on t.version = (select max(version) from portfolio.vector_versions) and t.tag = b.tag
where d.cast_id = any(%(casts)s) and -(d.vector <#> t.vector::halfvec) >= t.floor on conflict do nothing;

-- name: drift_nearest
-- Who bears a tag, is near enough and is not noted so; and who is noted and is not, or not so near.
with near as (
  select d.cast_id, t.tag, (-(d.vector <#> t.vector::halfvec))::real as nearness
  from portfolio.search_documents d join portfolio.tag_vectors t on t.version = (select max(version) from portfolio.vector_versions) and t.tag = any(d.tags)
  where -(d.vector <#> t.vector::halfvec) >= t.floor)
select format('cast %%s and tag %%s: %%s near, noted %%s', cast_id, tag, near.nearness, noted.nearness) as line
from near full join portfolio.nearest_bearers noted using (cast_id, tag) where near.nearness is distinct from noted.nearness order by 1;

-- name: last_learning
select version, learned_at, bearers from portfolio.vector_versions order by version desc limit 1;

-- name: published_tags
select cast_id, tags from portfolio.search_documents where published and tags <> '{}';

-- name: all_tags
select cast_id, tags from portfolio.search_documents;

-- name: add_version
insert into portfolio.vector_versions (learned_at, bearers) values (kernel.moment(), %(bearers)s) returning version;

-- name: write_tag_vectors
insert into portfolio.tag_vectors (version, tag, vector) select %(version)s, tag, vector::real[] from unnest(%(tags)s::text[], %(vectors)s::text[]) u(tag, vector);

-- name: forget_versions
-- All but the last two.
delete from portfolio.vector_versions where version < (select min(version) from (select version from portfolio.vector_versions order by version desc limit 2) kept);

-- name: enter
insert into portfolio.profiles (cast_id, headline, about, tags, area)
select u.cast_id, u.headline, u.about, array(select jsonb_array_elements_text(u.tags)), u.area
from unnest(%(casts)s::uuid[], %(headlines)s::text[], %(abouts)s::text[], %(tags)s::jsonb[], %(areas)s::text[]) u(cast_id, headline, about, tags, area)
on conflict (cast_id) do update set headline = excluded.headline, about = excluded.about, tags = excluded.tags, area = excluded.area;

-- name: forget_document
delete from portfolio.search_documents where cast_id = %(cast_id)s;
