-- What people say of each other: reviews, the radar made of them, a cast's own notes, reports to the house.
create schema trust;

create table trust.reviews (
  id uuid primary key default uuidv7(),
  reservation uuid not null,
  by uuid not null,
  about uuid not null,
  conversation smallint check (conversation between 1 and 5),
  attentiveness smallint check (attentiveness between 1 and 5),
  style smallint check (style between 1 and 5),
  punctuality smallint check (punctuality between 1 and 5),
  reunion smallint check (reunion between 1 and 5),
  comment text,
  at timestamptz not null,
  visible_at timestamptz not null,
  counted boolean not null default false,
  hidden_at timestamptz,
  constraint reviews_once unique (reservation, by),
  constraint reviews_scores check (num_nulls(conversation, attentiveness, style, punctuality, reunion) in (0, 5))
);
create index reviews_about on trust.reviews (about, visible_at, id);
create index reviews_by on trust.reviews (by, id);
create index reviews_due on trust.reviews (visible_at) where not counted and conversation is not null;
comment on column trust.reviews.visible_at is 'Both sides are blind until then: 14 days after writing, or the moment the other side wrote.';
comment on column trust.reviews.counted is 'The radar has been recomputed since this became visible. Guests give scores, casts a comment alone.';

create table trust.radars (
  cast_id uuid primary key,
  version integer not null default 0,
  reviews integer not null default 0,
  conversation numeric(2, 1),
  attentiveness numeric(2, 1),
  style numeric(2, 1),
  punctuality numeric(2, 1),
  reunion numeric(2, 1),
  at timestamptz not null default clock_timestamp()
);
comment on table trust.radars is 'A projection: recomputed whole from visible reviews, never added to. Shown from three reviews on.';

create table trust.keys (
  cast_id uuid primary key,
  wrapped bytea not null,
  created_at timestamptz not null default clock_timestamp()
);
comment on table trust.keys is 'One AES-256-GCM key a cast, wrapped by the secret of the house. Without its row no memo of hers can be read again.';
create table trust.memos (
  cast_id uuid not null references trust.keys (cast_id),
  guest_id uuid not null,
  sealed bytea not null,
  updated_at timestamptz not null,
  primary key (cast_id, guest_id)
);

create table trust.reports (
  id uuid primary key default uuidv7(),
  by uuid not null,
  kind text not null check (kind in ('account', 'entry', 'review')),
  about uuid not null,
  subject jsonb not null,
  reason text not null,
  note text,
  evidence jsonb not null,
  at timestamptz not null,
  status text not null default 'open' check (status in ('open', 'settled')),
  outcome text check (outcome in ('upheld', 'dismissed')),
  settled_by uuid,
  settled_note text,
  settled_at timestamptz,
  constraint reports_settled check ((status = 'settled') = (outcome is not null and settled_at is not null))
);
create index reports_open on trust.reports (id) where status = 'open';
create index reports_by on trust.reports (by, id);
comment on column trust.reports.evidence is 'What the subject was when it was reported: later edits and deletions do not reach it.';
