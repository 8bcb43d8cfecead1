-- What others may see of accounts and sessions.
create or replace view identity.public_accounts as select id, role, display_name, private_receipts, language, quiet_from, quiet_to from identity.accounts;
create or replace view identity.public_sessions as select id, account, ended_at from identity.sessions;
