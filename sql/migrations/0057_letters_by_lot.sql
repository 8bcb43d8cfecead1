-- Letters of some lots are found by one look into one index: who has them of all the house is read for nothing where the first lots fill a page.
alter table portfolio.search_texts add column lots smallint[] not null generated always as (array[(uuid_hash_extended(cast_id, 0) & 255)::smallint]) stored;
comment on column portfolio.search_texts.lots is 'The lot of search_documents, alone: as a list, for the index.';
drop index portfolio.search_texts_grams;
create index search_texts_grams on portfolio.search_texts using gin (grams, lots) with (fastupdate = off);
