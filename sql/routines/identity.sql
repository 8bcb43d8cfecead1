-- The document that the contract calls Account.
create or replace function identity.shown(p_account identity.accounts) returns jsonb language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object('id', p_account.id, 'role', p_account.role, 'display_name', p_account.display_name, 'photo', p_account.photo))
$$;

-- What others may see of accounts and sessions.
create or replace view identity.public_accounts as select id, role, display_name, private_receipts, language, quiet_from, quiet_to,
  ends_at is not null as leaving, identity.shown(accounts) as document from identity.accounts;

-- The photo that an account is shown with.
create or replace view identity.public_portraits as select id as account, (photo->>'id')::uuid as id from identity.accounts where photo is not null;

-- Who is not there just now: their account is ending, or suspended.
create or replace view identity.public_absent as select id from identity.accounts where ends_at is not null or suspended_until > kernel.moment();
create or replace view identity.public_sessions as select id, account, ended_at from identity.sessions;

-- Who is known to be twenty or older today, by the house's calendar; a view of its own, since a clock in public_accounts would cost every join with it.
create or replace view identity.public_ages as
  select a.id, coalesce(a.birth_date + interval '20 years' <= (kernel.moment() at time zone h.time_zone)::date, false) as twenty
  from identity.accounts a cross join kernel.house h;
