-- Weekly rules, what is taken out of them, and whom a change has been told.
create table offer.rules (
  cast_id uuid not null,
  weekday smallint not null check (weekday between 0 and 6),
  begins smallint not null,
  ends smallint not null,
  since date not null,
  until date,
  primary key (cast_id, weekday),
  constraint rules_span check (360 <= begins and begins < ends and ends <= 1800)
);
comment on table offer.rules is 'One a business day of the week, 0 = Monday. Minutes after midnight of that day, 06:00 to 30:00 = 360 to 1800; `since` and `until` are business days, both included.';

alter table offer.calendars
  add column removed tstzmultirange not null default '{}',
  add column version bigint not null default 0,
  add column told bigint not null default 0;
create index calendars_untold on offer.calendars (cast_id) where told <> version;
comment on column offer.calendars.shifts is 'What was added by hand. What she works is: the rules without what was removed, and this.';
comment on column offer.calendars.version is 'Rises with everything that may change what is free, since everything takes the lock.';
