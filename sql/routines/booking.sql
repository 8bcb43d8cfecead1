-- When time alone ends what stands: a draft as it expires, an arrived one at its end, a confirmed one 48 hours later. Null for the rest.
create or replace function booking.ends_by_itself(p_status text, p_expires_at timestamptz, p_ends_at timestamptz) returns timestamptz language sql stable as $$
  select case p_status when 'draft' then p_expires_at when 'arrived' then p_ends_at when 'confirmed' then p_ends_at + interval '48 hours' end;
$$;

-- What others may see of reservations: the document that the contract calls Reservation. It says where a reservation is by the clock (`present`), swept or
-- not, with the version of its last step; `status` is what has been written, and `written` the document that says so, for whoever has just looked at the clock.
create or replace view booking.public_reservations as
  select r.id, r.cast_id, r.guest_id, r.room, r.status,
    case when n.present = r.status then w.written
      else w.written || jsonb_build_object('status', n.present, 'ended', jsonb_build_object('by', null, 'reason', null, 'late', false, 'at', n.ends_by_itself)) end as document,
    r.version, lower(r.span) as starts_at, upper(r.span) as ends_at, r.confirmed_at, r.ended_by, r.ended_late, r.ended_at, r.replaces, r.cancel_until, r.created_at, n.present, w.written
  from booking.reservations r
  join identity.public_accounts c on c.id = r.cast_id
  join identity.public_accounts g on g.id = r.guest_id
  cross join lateral (select jsonb_build_object('id', r.id, 'version', r.version, 'status', r.status, 'room', r.room, 'plan', r.plan,
      'cast', c.document, 'guest', g.document,
      'starts_at', lower(r.span), 'ends_at', upper(r.span), 'expires_at', r.expires_at, 'confirmed_at', r.confirmed_at,
      'cancel_until', r.cancel_until, 'hold_ms', r.hold_ms, 'replaces', r.replaces,
      'ended', case when r.ended_at is not null then jsonb_build_object('by', r.ended_by, 'reason', r.ended_reason, 'late', r.ended_late, 'at', r.ended_at) end) as written) w
  cross join lateral (select booking.ends_by_itself(r.status, r.expires_at, upper(r.span)) as ends_by_itself) e
  cross join lateral (select e.ends_by_itself, case when e.ends_by_itself is not null and e.ends_by_itself <= kernel.instant()
    then case r.status when 'draft' then 'expired' else 'completed' end else r.status end as present) n;

-- Whose time a reservation takes, and for whom.
create or replace view booking.public_parties as select id, cast_id, guest_id from booking.reservations;

-- What happened to reservations, append-only: what figures are checked against.
create or replace view booking.public_steps as select reservation, version, status, by, at from booking.steps;

-- Who waits for whom.
create or replace view booking.public_waits as select cast_id, guest_id, plan, reservation from booking.waits;

-- What takes time from a cast's shifts: live reservations, but no draft that has lapsed, swept or not.
create or replace view booking.public_blocked as
  select cast_id, chain, blocked, span from booking.reservations
  where status in ('confirmed', 'arrived') or (status = 'draft' and expires_at > kernel.moment());

-- What rules are asked of: a reservation, the moments of its steps, and the clock.
create or replace view booking.states as
  select r.id, r.version, r.status, r.cast_id, r.guest_id, r.room, (r.plan ->> 'terms_version')::int as terms_version, lower(r.span) as starts_at,
    upper(r.span) as ends_at, r.expires_at, r.cancel_until, r.chain, r.replaces, r.pressed_at, r.hold_ms, s.stepped_at, s.marked_at, kernel.moment() as now
  from booking.reservations r, lateral (
    select coalesce(max(at), r.created_at) as stepped_at, min(at) filter (where status in ('arrived', 'no_show')) as marked_at
    from booking.steps where reservation = r.id) s;
