-- Who was reminded of what: once each, the day before and an hour before.
create table booking.reminders (
  reservation uuid not null references booking.reservations (id),
  kind text not null check (kind in ('day', 'hour')),
  at timestamptz not null,
  settled boolean not null default false,
  primary key (reservation, kind)
);
create index reminders_open on booking.reminders (at) where not settled;
comment on column booking.reminders.settled is 'Whether it is known that it reached a device, or a text went out instead.';
