-- Whether an account may act: suspended until a moment ('infinity': until it is restored), its age checked by the house.
alter table identity.accounts
  add column suspended_at timestamptz,
  add column suspended_until timestamptz,
  add column suspended_reason text,
  add column age_checked_at timestamptz;
create index accounts_suspended on identity.accounts (id) where suspended_until is not null;
