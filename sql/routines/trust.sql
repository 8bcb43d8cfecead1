-- What others may see of a cast's radar: nothing below three reviews.
create or replace view trust.public_radars as
  select cast_id, version, reviews, jsonb_build_object('conversation', conversation, 'attentiveness', attentiveness, 'style', style,
    'punctuality', punctuality, 'reunion', reunion) as axes
  from trust.radars where reviews >= 3;

-- Reviews that the world may see.
create or replace view trust.visible_reviews as
  select r.*, r.conversation is not null as scored from trust.reviews r where r.hidden_at is null and r.visible_at <= kernel.moment();

-- How a guest behaved, by reservations as they are now: nothing here is counted up. A reservation that a pledged move replaced was not cancelled.
create or replace view trust.guest_records as
  select r.id, r.guest_id, r.cast_id, r.starts_at,
    r.status = 'completed' as visit,
    r.status = 'cancelled' and r.ended_by = r.guest_id and not exists (
      select from booking.public_reservations n where n.guest_id = r.guest_id and n.replaces = r.id and n.confirmed_at is not null) as cancellation,
    r.ended_late as late,
    r.status in ('no_show', 'upheld') as no_show,
    coalesce(r.ended_at, r.ends_at) as at
  from booking.public_reservations r
  where r.status in ('completed', 'cancelled', 'no_show', 'upheld');

-- Photos that are evidence.
create or replace view trust.public_photos as
  select (evidence->'more'->'photo'->>'id')::uuid as id from trust.reports where kind = 'entry' and evidence->'more' ? 'photo'
  union all select (evidence->'photo'->>'id')::uuid from trust.reports where kind = 'account' and evidence ? 'photo';
