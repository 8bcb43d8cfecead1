-- Who did what with more than everybody's power: written once, read by operators, changed by nobody.
create table kernel.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  by uuid,
  action text not null,
  subject text,
  details jsonb not null default '{}'
);
create index audit_subject on kernel.audit (subject) where subject is not null;
comment on table kernel.audit is 'Append-only, by trigger. `by` is null where the command line of the house or time did it. Ids and reasons, no numbers, no words of conversations.';

create function kernel.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_schema || '.' || tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger audit_append_only before update or delete or truncate on kernel.audit
  for each statement execute function kernel.refuse_change();
alter table kernel.audit enable always trigger audit_append_only;
