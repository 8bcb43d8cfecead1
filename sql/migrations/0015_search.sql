-- What search reads of casts, folded and indexed, and what tags mean, by versions of learning.
create table portfolio.search_documents (
  cast_id uuid primary key,
  published boolean not null,
  area text,
  tags text[] not null,
  plain text not null,
  latin text not null,
  grams text[] not null,
  source text not null
);
create index search_documents_grams on portfolio.search_documents using gin (grams) with (fastupdate = off);
create index search_documents_tags on portfolio.search_documents using gin (tags) with (fastupdate = off);
comment on column portfolio.search_documents.source is 'Digest of what the document was made from: whoever changed it, a differing one is made anew.';
comment on column portfolio.search_documents.grams is 'Every character and every pair of neighbours of plain and latin; what they find is checked against the text itself.';

create table portfolio.vector_versions (
  version bigint generated always as identity primary key,
  learned_at timestamptz not null,
  bearers jsonb not null
);
comment on table portfolio.vector_versions is 'Vectors of two versions are never compared. The last two are kept: a cursor goes on in the version that it began with.';
comment on column portfolio.vector_versions.bearers is 'Tag → how many bore it when it was learned: how much has changed since says when to learn anew.';

create table portfolio.tag_vectors (
  version bigint not null references portfolio.vector_versions (version) on delete cascade,
  tag text not null,
  vector real[] not null,
  primary key (version, tag)
);
create table portfolio.cast_vectors (
  version bigint not null references portfolio.vector_versions (version) on delete cascade,
  cast_id uuid not null references portfolio.search_documents (cast_id) on delete cascade,
  vector halfvec(24) not null,
  primary key (version, cast_id)
);
create index cast_vectors_cast on portfolio.cast_vectors (cast_id);
