-- Accounts and how one proves to be theirs. Nothing here can be turned back into a number or a code without the secret key.
create schema identity;

create table identity.accounts (
  id uuid primary key default uuidv7(),
  role text not null check (role in ('guest', 'cast', 'operator')),
  display_name text not null,
  birth_date date,
  private_receipts boolean not null default false,
  language text not null default 'ja' check (language in ('ja', 'en')),
  created_at timestamptz not null default clock_timestamp()
);
create table identity.phones (
  account uuid primary key references identity.accounts (id),
  lookup bytea not null constraint phones_lookup_key unique,
  sealed bytea not null,
  last_four text not null
);
comment on column identity.phones.lookup is 'HMAC-SHA-256 of the E.164 number.';
comment on column identity.phones.sealed is 'AES-256-GCM of the E.164 number.';

create table identity.challenges (
  id uuid primary key default gen_random_uuid(),
  lookup bytea not null,
  sealed bytea not null,
  code_hash bytea not null,
  tries integer not null default 0,
  expires_at timestamptz not null,
  verified_at timestamptz,
  registration_hash bytea constraint challenges_registration_key unique,
  registered_at timestamptz,
  created_at timestamptz not null default clock_timestamp()
);
create index challenges_lookup on identity.challenges (lookup, created_at);

create table identity.sessions (
  id uuid primary key default gen_random_uuid(),
  account uuid not null references identity.accounts (id),
  name text,
  generation integer not null default 1,
  rotated_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index sessions_account on identity.sessions (account) where ended_at is null;
create index sessions_ended on identity.sessions (ended_at) where ended_at is not null;
comment on column identity.sessions.generation is 'Which refresh token is the present one; the tokens are MACs of it, so none can be read here.';

create table identity.cast_codes (
  hash bytea primary key,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  used_by uuid references identity.accounts (id)
);
create table identity.auth_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  event text not null,
  account uuid,
  session uuid,
  address text
);
create table identity.inbox (
  id bigint generated always as identity primary key,
  recipient text not null,
  body text not null,
  at timestamptz not null default clock_timestamp()
);
comment on table identity.inbox is 'Texts of the embedded default, where no provider is configured; empty elsewhere.';
