-- What guests look at: profiles with their tags and photos, and who is in tonight.
create table portfolio.tags (
  id text primary key,
  ja text not null,
  en text not null,
  category text not null,
  synonyms text[] not null default '{}'
);
comment on table portfolio.tags is 'The vocabulary, ours: filled by a routine, so that it can grow.';

create table portfolio.photos (
  id uuid primary key default uuidv7(),
  owner uuid not null,
  name text not null unique,
  width int not null,
  height int not null,
  at timestamptz not null
);
create index photos_owner on portfolio.photos (owner, at);
comment on column portfolio.photos.name is 'What its address is made of: random, so that nobody can guess it.';

create table portfolio.profiles (
  cast_id uuid primary key,
  headline text not null default '',
  about text not null default '',
  area text,
  tags text[] not null default '{}',
  photos uuid[] not null default '{}',
  published boolean not null default true,
  invisible boolean not null default false,
  tonight_until timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  shown_online boolean not null default false,
  shown_tonight boolean not null default false
);
create index profiles_tags on portfolio.profiles using gin (tags);
create index profiles_tonight on portfolio.profiles (tonight_until) where tonight_until is not null;
create index profiles_shown on portfolio.profiles (cast_id) where shown_online or shown_tonight;
comment on column portfolio.profiles.shown_online is 'What followers were told last; a job compares it with what is, so that every way of coming and going is told once.';
