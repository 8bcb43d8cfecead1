-- Quiet hours, what waits for their end, and what is known to have reached a device.
alter table identity.accounts
  add column quiet_from time,
  add column quiet_to time,
  add constraint accounts_quiet check ((quiet_from is null) = (quiet_to is null) and quiet_from is distinct from quiet_to or quiet_from is null and quiet_to is null);
comment on column identity.accounts.quiet_from is 'In the house''s time zone; later than quiet_to where the hours cross midnight.';

create table message.due (
  room uuid not null references message.rooms (id),
  account uuid not null,
  kind text not null,
  seq bigint not null,
  primary key (room, account)
);
comment on table message.due is 'Notifications that came in quiet hours: one a room, the most important kind, the latest place. Sent when the hours are over, where it is still unread.';

create table message.pushes (
  receipt uuid primary key,
  account uuid not null,
  room uuid not null,
  seq bigint not null,
  kind text not null,
  at timestamptz not null,
  displayed_at timestamptz
);
create index pushes_at on message.pushes (at);
create index pushes_account on message.pushes (account);
comment on table message.pushes is 'What a receipt stands for. Whoever brings one proves that a device showed that push.';

alter table message.positions
  add column reached bigint not null default 0,
  add column displayed bigint not null default 0,
  add column reached_at timestamptz;
comment on column message.positions.reached is 'Up to where some device of the member said that it has the entries.';
comment on column message.positions.displayed is 'Up to where a push was shown on some device of the member.';
comment on column message.positions.reached_at is 'When something of this room was last known to reach a device.';
create index positions_account on message.positions (account);
create index entries_seals on message.entries (room, seq) where kind = 'seal';
