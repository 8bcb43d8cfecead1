-- What others may see of reservations: all of it, with the accounts' public sides.
create or replace view booking.public_reservations as
  select r.id, r.version, r.status, r.room, r.plan, lower(r.span) as starts_at, upper(r.span) as ends_at, r.expires_at, r.confirmed_at,
         r.cancel_until, r.replaces, r.ended_by, r.ended_reason, r.ended_late, r.ended_at,
         c.id as cast_id, c.role as cast_role, c.display_name as cast_name, g.id as guest_id, g.role as guest_role, g.display_name as guest_name
  from booking.reservations r
  join identity.public_accounts c on c.id = r.cast_id
  join identity.public_accounts g on g.id = r.guest_id;

-- What takes time from a cast's shifts: live reservations, but no draft that has lapsed, swept or not.
create or replace view booking.public_blocked as
  select cast_id, chain, blocked from booking.reservations
  where status in ('confirmed', 'arrived') or (status = 'draft' and expires_at > kernel.moment());
