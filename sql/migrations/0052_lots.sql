-- What filters and order read of a cast, in one row that a page holds many of: vectors lay in a table of their own, and to join fifty thousand of them
-- took longer than all else. The texts, which are read for few, and their letters, which are dear to index anew, go apart.
alter table portfolio.search_documents rename to search_texts;
alter index portfolio.search_documents_pkey rename to search_texts_pkey;
alter index portfolio.search_documents_grams rename to search_texts_grams;
drop index portfolio.search_documents_tags;
create table portfolio.search_documents (
  cast_id uuid primary key,
  lot smallint not null generated always as ((uuid_hash_extended(cast_id, 0) & 255)::smallint) stored,
  published boolean not null,
  area text,
  tags text[] not null,
  vector halfvec(24),
  earlier halfvec(24)
);
alter table portfolio.search_documents alter column tags set storage main;
comment on column portfolio.search_documents.lot is 'One of 256: the order of a day shuffles lots, and in each lot casts, so that the first of the day are found by an index.';
comment on column portfolio.search_documents.vector is 'What the tags mean in the newest version of the vectors.';
comment on column portfolio.search_documents.earlier is 'The same in the version before, for listings that began with it.';

insert into portfolio.search_documents (cast_id, published, area, tags, vector, earlier)
select t.cast_id, t.published, t.area, t.tags, v.vector, e.vector from portfolio.search_texts t
left join portfolio.cast_vectors v on v.cast_id = t.cast_id and v.version = (select max(version) from portfolio.vector_versions)
left join portfolio.cast_vectors e on e.cast_id = t.cast_id
  and e.version = (select max(version) from portfolio.vector_versions where version < (select max(version) from portfolio.vector_versions));
create index search_documents_lot on portfolio.search_documents (lot);
create index search_documents_tags on portfolio.search_documents using gin (tags) with (fastupdate = off);

drop table portfolio.cast_vectors;
alter table portfolio.search_texts drop column published, drop column area, drop column tags,
  add foreign key (cast_id) references portfolio.search_documents (cast_id) on delete cascade;
