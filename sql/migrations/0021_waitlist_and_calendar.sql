-- Who waits for a time that is taken, and the addresses of calendar feeds.
create table booking.waits (
  id uuid primary key default uuidv7(),
  cast_id uuid not null,
  guest_id uuid not null,
  plan uuid not null,
  span tstzrange not null constraint waits_span check (not isempty(span) and not lower_inf(span) and not upper_inf(span)),
  at timestamptz not null,
  reservation uuid references booking.reservations (id)
);
create index waits_cast on booking.waits (cast_id, id);
create index waits_guest on booking.waits (guest_id, id);
comment on table booking.waits is 'In order of id: who came first is served first. `reservation` is the hold that was made for them; when it ends, so does the waiting.';

create table booking.feeds (
  account uuid primary key,
  token bytea not null unique,
  at timestamptz not null
);
comment on column booking.feeds.token is 'SHA-256 of the token in the address: whoever reads this table reads no calendar.';
