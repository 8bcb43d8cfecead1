-- The end of an account: asked for, taken back by signing in, carried out when its grace is over.
alter table identity.accounts
  add column ends_at timestamptz,
  add column erased_at timestamptz,
  add constraint accounts_erased check (erased_at is null or display_name = '' and birth_date is null);
create index accounts_ending on identity.accounts (ends_at) where ends_at is not null and erased_at is null;
comment on column identity.accounts.erased_at is 'From then on the row is a stub without a name, for the conversations of others to point to.';
