-- What a cast offers and when she works. The calendar row of a cast is the lock that bookings and shifts share.
create schema offer;

create table offer.calendars (
  cast_id uuid primary key,
  shifts tstzmultirange not null default '{}'
);
comment on table offer.calendars is 'Shifts as one multirange: overlaps merge by themselves. The row is the lock of everything about the cast''s time.';

create table offer.plans (
  id uuid primary key default uuidv7(),
  cast_id uuid not null,
  name text not null,
  minutes integer not null check (minutes between 15 and 720),
  amount bigint not null check (amount >= 0),
  currency text not null,
  terms text not null,
  terms_version integer not null default 1,
  description text not null default '',
  buffer_before integer not null default 0 check (buffer_before >= 0),
  buffer_after integer not null default 0 check (buffer_after >= 0),
  notice_minutes integer not null default 0 check (notice_minutes >= 0),
  cancel_minutes integer not null default 0 check (cancel_minutes >= 0),
  waitlist boolean not null default false,
  archived boolean not null default false
);
create index plans_cast on offer.plans (cast_id);
