-- Reservations. No two live ones of a cast overlap: the constraint says so, whoever asks.
create schema booking;

create table booking.reservations (
  id uuid primary key default uuidv7(),
  version integer not null default 1,
  status text not null default 'draft' check (status in ('draft', 'confirmed', 'declined', 'withdrawn', 'expired',
    'arrived', 'cancelled', 'completed', 'no_show', 'disputed', 'upheld', 'cleared')),
  cast_id uuid not null,
  guest_id uuid not null,
  room uuid not null,
  plan jsonb not null,
  span tstzrange not null constraint reservations_span check (not isempty(span) and not lower_inf(span) and not upper_inf(span)),
  blocked tstzrange not null constraint reservations_blocked check (blocked @> span and not lower_inf(blocked) and not upper_inf(blocked)),
  chain uuid not null,
  replaces uuid references booking.reservations (id),
  expires_at timestamptz not null,
  cancel_until timestamptz not null,
  confirmed_at timestamptz,
  pressed_at timestamptz,
  hold_ms integer not null,
  ended_by uuid,
  ended_reason text,
  ended_late boolean not null default false,
  ended_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint reservations_no_overlap exclude using gist (cast_id with =, chain with <>, blocked with &&)
    where (status in ('draft', 'confirmed', 'arrived'))
);
create unique index reservations_one_draft_a_chain on booking.reservations (chain) where status = 'draft';
create unique index reservations_one_confirmed_a_chain on booking.reservations (chain) where status in ('confirmed', 'arrived');
create index reservations_cast on booking.reservations (cast_id, id);
create index reservations_guest on booking.reservations (guest_id, id);
create index reservations_drafts on booking.reservations (expires_at) where status = 'draft';
create index reservations_confirmed on booking.reservations (upper(span)) where status in ('confirmed', 'arrived');

create table booking.steps (
  reservation uuid not null references booking.reservations (id),
  version integer not null,
  status text not null,
  by uuid,
  reason text,
  at timestamptz not null,
  primary key (reservation, version)
);
comment on table booking.steps is 'What happened and when, by whom and why; append-only.';
