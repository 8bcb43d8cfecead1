-- What the database holds, for the checker of load tests. Each statement under its name; all are read in one snapshot.

-- name: entries
-- Every entry that is there, and whose.
select room, seq, kind, by, key, reservation from message.entries order by room, seq;

-- name: members
select id, cast_id, guest_id from message.rooms;

-- name: heads
-- Rooms whose entries are not 1 to head, each once.
select r.id, r.head, count(e.seq), count(distinct e.seq), coalesce(min(e.seq), 1), coalesce(max(e.seq), 0)
from message.rooms r left join message.entries e on e.room = r.id
group by r.id having not (count(e.seq) = r.head and count(distinct e.seq) = r.head and coalesce(min(e.seq), 1) = 1 and coalesce(max(e.seq), 0) = r.head);

-- name: overlaps
-- Live reservations of one cast that overlap, but for those of one chain.
select a.cast_id, a.id, b.id from booking.reservations a
join booking.reservations b on a.cast_id = b.cast_id and a.id < b.id and a.chain <> b.chain and a.blocked && b.blocked
where a.status in ('draft', 'confirmed', 'arrived') and b.status in ('draft', 'confirmed', 'arrived');

-- name: steps
-- Where each reservation has been, and its seals.
select r.id, r.room, array_agg(s.version order by s.version), array_agg(s.status order by s.version),
  (select count(*) from message.entries e where e.reservation = r.id and e.kind = 'seal'),
  (select count(*) from message.entries e where e.reservation = r.id and e.kind = 'invitation')
from booking.reservations r join booking.steps s on s.reservation = r.id group by r.id;

-- name: waiting
-- What the outbox still holds for those who write into rooms.
select count(*) from kernel.deliveries where dead_at is null;
