-- Extensions, and what every context stands on: the house's identity, answered commands, outbox, jobs.
create extension if not exists vector;
create extension if not exists btree_gist;
create extension if not exists pg_trgm;

create table kernel.house (
  only_row boolean primary key default true check (only_row),
  epoch uuid not null default gen_random_uuid(),
  time_zone text not null default 'Asia/Tokyo'
);
comment on table kernel.house is 'One row. A restored backup gets a new epoch: clients then drop cursors of the lost history.';
insert into kernel.house default values;

create table kernel.commands (
  account uuid not null,
  key uuid not null,
  digest bytea not null,
  result bytea,
  at timestamptz not null default clock_timestamp(),
  primary key (account, key)
);
comment on table kernel.commands is 'Answers by key, written in the transaction of the effect: the same key again gets the first answer again.';

create table kernel.events (
  id bigint generated always as identity primary key,
  key text not null,
  type text not null,
  payload jsonb not null,
  at timestamptz not null default clock_timestamp()
);
create table kernel.deliveries (
  consumer text not null,
  key text not null,
  event bigint not null references kernel.events (id),
  shard smallint not null,
  run_at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0,
  dead_at timestamptz,
  error text,
  primary key (consumer, key, event)
);
create index deliveries_due on kernel.deliveries (consumer, shard, run_at) where dead_at is null;
create index deliveries_event on kernel.deliveries (event);
comment on table kernel.deliveries is 'One row a consumer, deleted in the transaction of its effect. Only the oldest of a consumer and key can be claimed, so a dead one parks its own key alone.';

create table kernel.jobs (
  id bigint generated always as identity primary key,
  kind text not null,
  payload jsonb not null,
  run_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  attempts integer not null default 0,
  leased_until timestamptz,
  dead_at timestamptz,
  error text
);
create index jobs_due on kernel.jobs (kind, run_at) where dead_at is null;
comment on table kernel.jobs is 'Effects outside Postgres. A lease, fenced by its attempt: who comes back late finds the number changed.';

alter table kernel.deliveries set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, fillfactor = 70);
alter table kernel.jobs set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, fillfactor = 70);

create unlogged table kernel.presence (
  account uuid not null,
  process uuid not null,
  until timestamptz not null,
  primary key (account, process)
);
comment on table kernel.presence is 'Who has a socket open, as a lease. Soft: a crash of the database forgets it, and gateways write it anew.';
