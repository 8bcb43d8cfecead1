-- A change of number: proven by a code to the new one, in effect after a delay in which the old one can stop it.
alter table identity.challenges add column account uuid references identity.accounts (id);
comment on column identity.challenges.account is 'Whose number it shall become; null: a code to sign in with. A code for one of the two is wrong for the other.';

create table identity.phone_changes (
  account uuid primary key references identity.accounts (id),
  lookup bytea not null,
  sealed bytea not null,
  last_four text not null,
  asked_at timestamptz not null,
  effective_at timestamptz not null
);
create index phone_changes_due on identity.phone_changes (effective_at);
create index phone_changes_lookup on identity.phone_changes (lookup);
comment on table identity.phone_changes is 'What waits for its delay, one an account. It reserves nothing: a number that somebody else has by then stays theirs.';

create index auth_log_account on identity.auth_log (account);
