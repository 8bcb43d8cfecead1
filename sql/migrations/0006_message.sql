-- Rooms and their logs. `head` is the seq of the last entry; message.append alone raises it.
create schema message;

create table message.rooms (
  id uuid primary key default uuidv7(),
  cast_id uuid not null,
  guest_id uuid not null,
  head bigint not null default 0,
  changed_at timestamptz not null default clock_timestamp(),
  constraint rooms_pair unique (cast_id, guest_id)
) with (fillfactor = 70);
create index rooms_guest on message.rooms (guest_id);

create table message.entries (
  room uuid not null references message.rooms (id),
  seq bigint not null,
  at timestamptz not null,
  by uuid,
  kind text not null,
  key uuid,
  body text,
  target bigint,
  reservation uuid,
  event bigint,
  more jsonb,
  deleted boolean not null default false,
  primary key (room, seq)
);
create unique index entries_key on message.entries (room, by, key) where key is not null;
create unique index entries_event on message.entries (event) where event is not null;
create index entries_target on message.entries (room, target) where target is not null;
create index entries_at on message.entries (at);
comment on column message.entries.event is 'The event of the outbox that an entry of the house answers: one entry an event.';
comment on column message.entries.more is 'reply_to, plan, starts_at, note, status, reason, replaces: what only some kinds have.';

create table message.positions (
  room uuid not null references message.rooms (id),
  account uuid not null,
  read bigint not null default 0,
  muted_until timestamptz,
  pushed bigint not null default 0,
  primary key (room, account)
);
comment on column message.positions.pushed is 'Up to where the member was told by push; several entries make one push.';

create table message.subscriptions (
  endpoint text primary key,
  account uuid not null,
  session uuid not null,
  p256dh text not null,
  auth text not null,
  created_at timestamptz not null default clock_timestamp()
);
create index subscriptions_account on message.subscriptions (account);
