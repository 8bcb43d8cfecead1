-- Whom guests follow; profiles grow here.
create schema portfolio;

create table portfolio.follows (
  guest uuid not null,
  cast_id uuid not null,
  push boolean not null default true,
  since timestamptz not null default clock_timestamp(),
  primary key (guest, cast_id)
);
create index follows_cast on portfolio.follows (cast_id);
