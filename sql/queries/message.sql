-- name: append
select heads, at, seqs, ats, statuses from message.append(%(rooms)b::uuid[], %(counts)b::bigint[], %(places)b::bigint[], %(nths)b::bigint[],
  %(bys)b::uuid[], %(keys)b::uuid[], %(kinds)b::text[], %(bodies)b::text[], %(targets)b::bigint[], %(reservations)b::uuid[], %(events)b::bigint[], %(mores)b::jsonb[]);

-- name: room
-- A room for one of its members; nobody else sees that it exists.
select id, cast_id, guest_id, head, blocked from message.rooms where id = %(room)s and %(account)s in (cast_id, guest_id);

-- name: rooms_of
-- All rooms of an account, light: who is in them, and how far they go.
select id, cast_id, guest_id, head, blocked from message.rooms where cast_id = %(account)s
union all select id, cast_id, guest_id, head, blocked from message.rooms where guest_id = %(account)s;

-- name: rooms_by_id
select id, cast_id, guest_id, head, blocked from message.rooms where id = any(%(rooms)s);

-- name: cards
-- The latest rooms of an account, before a moment of change, each with its last entry.
select c.* from (
  select id from (
    select id, changed_at from message.rooms where cast_id = %(account)s
    union all select id, changed_at from message.rooms where guest_id = %(account)s) mine
  where %(before)s::timestamptz is null or (changed_at, id) < (%(before)s, %(before_id)s)
  order by changed_at desc, id desc limit %(limit)s) page
join message.full_cards c on c.room = page.id and c.account = %(account)s
order by c.changed_at desc, c.room desc;

-- name: card
select * from message.full_cards where room = %(room)s and account = %(account)s;

-- name: account
select document from identity.public_accounts where id = %(account)s;

-- name: follows
select true from portfolio.public_follows where guest = %(guest)s and cast_id = %(cast_id)s;

-- name: make_room
-- With the pair's lock held: nobody blocks the other meanwhile.
insert into message.rooms (cast_id, guest_id) values (%(cast_id)s, %(guest_id)s) on conflict on constraint rooms_pair do nothing returning id;

-- name: lock_pair
-- Blocks and the making of the room of two people, one after the other.
select pg_advisory_xact_lock(hashtextextended('pair ' || %(cast_id)s::text || %(guest_id)s::text, 0));

-- name: is_blocked
select exists (select from message.public_blocks where account = %(account)s and other = %(other)s);

-- name: add_block
insert into message.blocks (by, account, at) values (%(by)s, %(account)s, kernel.moment()) on conflict do nothing;

-- name: remove_block
delete from message.blocks where by = %(by)s and account = %(account)s;

-- name: blocked_by
-- Whom an account has blocked, the last first.
select a.document - 'photo' as account, b.at from message.blocks b join identity.public_accounts a on a.id = b.account where b.by = %(account)s
order by b.at desc, b.account limit %(limit)s;

-- name: mark_blocked
-- Brings the room of two people to what their blocks say; nothing where it says so already. With the pair's lock held.
update message.rooms r set blocked = now.blocked
from (select exists (select from message.public_blocks where account = %(cast_id)s and other = %(guest_id)s) as blocked) now
where r.cast_id = %(cast_id)s and r.guest_id = %(guest_id)s and r.blocked <> now.blocked
returning r.id;

-- name: room_of_pair
select id from message.rooms where cast_id = %(cast_id)s and guest_id = %(guest_id)s;

-- name: since
select * from message.log where room = %(room)s and seq > %(after)s order by seq limit %(limit)s;

-- name: stepped
-- Reservations as they have been written, and whether their rooms are blocked. One after the other, each by its index: joined as a whole, an empty
-- house's plan goes through tables that grow.
select s.id, s.written as reservation, r.blocked
from unnest((select %(reservations)s::uuid[])) u(id)
cross join lateral (select id, room, written from booking.public_reservations where id = u.id limit 1) s
join message.rooms r on r.id = s.room;

-- name: since_as_member
-- As `since`, for one of the two; nothing for anybody else.
select l.* from message.log l where l.room = %(room)s and l.seq > %(after)s
  and (select %(account)s in (cast_id, guest_id) from message.rooms where id = %(room)s) order by l.seq limit %(limit)s;

-- name: since_each
-- The log of several rooms, each after its own cursor. The lists are looked at only as it runs: planned for its few rooms each time, it took ten times as long.
select l.* from unnest((select %(rooms)s::uuid[]), (select %(afters)s::bigint[])) u(room, after)
cross join lateral (select * from message.log where room = u.room and seq > u.after order by seq limit %(limit)s) l;

-- name: since_each_as_member
-- As `since_each`, for one of the two of each room, nothing of others; and no more once the words of these entries are so many bytes together.
select room, seq, at, by, kind, key, body, target, more, deleted, reservation, edited_at, delivery from (
  select l.*, sum(octet_length(l.body)) over (rows unbounded preceding) as bytes
  from unnest((select %(rooms)s::uuid[]), (select %(afters)s::bigint[])) u(room, after)
  cross join lateral (select * from message.log where room = u.room and seq > u.after order by seq limit %(limit)s) l
  where (select head > u.after and %(account)s in (cast_id, guest_id) from message.rooms where id = u.room)) l
where coalesce(bytes, 0) <= %(bytes)s;

-- name: history
select * from message.folded where room = %(room)s and seq < %(before)s order by seq desc limit %(limit)s;

-- name: entry
select room, seq, at, by, kind, deleted, at > kernel.moment() - make_interval(hours => %(hours)s) as young from message.entries where room = %(room)s and seq = %(seq)s;

-- name: scrub
-- The words leave the log, those of earlier edits too; the places stay.
update message.entries set body = null, deleted = true, more = more - 'photo' where room = %(room)s and (seq = %(target)s or (target = %(target)s and kind = 'edit'));

-- name: read
-- Only ever rises. What has been read has reached a device.
insert into message.positions as p (room, account, read, reached, reached_at) values (%(room)s, %(account)s, %(seq)s, %(seq)s, kernel.moment())
on conflict (room, account) do update set read = greatest(p.read, excluded.read), reached = greatest(p.reached, excluded.reached), reached_at = excluded.reached_at
returning room, account, coalesce(greatest(old.reached, old.read, old.displayed), 0) as before, new.reached as upto, new.read;

-- name: receive
insert into message.positions as p (room, account, reached, reached_at) values (%(room)s, %(account)s, %(seq)s, kernel.moment())
on conflict (room, account) do update set reached = greatest(p.reached, excluded.reached), reached_at = excluded.reached_at
returning room, account, coalesce(greatest(old.reached, old.read, old.displayed), 0) as before, new.reached as upto, new.read;

-- name: raise_displayed
with shown as (update message.pushes set displayed_at = kernel.moment() where receipt = %(receipt)s and displayed_at is null returning account, room, seq)
insert into message.positions as p (room, account, displayed, reached_at) select room, account, seq, kernel.moment() from shown
on conflict (room, account) do update set displayed = greatest(p.displayed, excluded.displayed), reached_at = excluded.reached_at
returning room, account, coalesce(old.displayed, 0) as before, new.displayed as upto, new.read;

-- name: is_receipt
select true from message.pushes where receipt = %(receipt)s;

-- name: seals_between
select seq from message.entries where room = %(room)s and kind = 'seal' and seq > %(before)s and seq <= %(upto)s order by seq;

-- name: listeners
-- Of members, each of a room or of none, those who want to hear of it, with their devices unless it is quiet for them.
select m.room, m.account, a.language, q.quiet, kernel.moment() as now,
  case when d.devices is null then 0 else message.unread(m.account) end as unread, coalesce(d.devices, '[]') as devices
from unnest((select %(rooms)s::uuid[]), (select %(accounts)s::uuid[])) m(room, account)
join identity.public_accounts a on a.id = m.account
left join message.rooms r on r.id = m.room
left join message.positions p on p.room = m.room and p.account = m.account
cross join lateral (select kernel.is_quiet(a.quiet_from, a.quiet_to) as quiet) q
cross join lateral (
  select jsonb_agg(jsonb_build_object('endpoint', s.endpoint, 'p256dh', s.p256dh, 'auth', s.auth)) as devices
  from message.subscriptions s join identity.public_sessions i on i.id = s.session and i.ended_at is null
  where s.account = m.account and not q.quiet) d
where (m.room is null or not r.blocked) and coalesce(p.muted_until <= kernel.moment(), true);

-- name: defer
insert into message.due as d (room, account, kind, seq) values (%(room)s, %(account)s, %(kind)s, %(seq)s)
on conflict (room, account) do update set seq = greatest(d.seq, excluded.seq),
  kind = case when array_position(array['message', 'notice', 'seal', 'reminder'], excluded.kind)
    > array_position(array['message', 'notice', 'seal', 'reminder'], d.kind) then excluded.kind else d.kind end;

-- name: take_due
-- Those of accounts that are not quiet now, each by one worker.
with ready as (
  select d.room, d.account from message.due d join identity.public_accounts a on a.id = d.account
  where not kernel.is_quiet(a.quiet_from, a.quiet_to) order by d.room, d.account limit 200 for update of d skip locked)
delete from message.due d using ready where d.room = ready.room and d.account = ready.account
returning d.room, d.account, d.kind, d.seq,
  coalesce((select read from message.positions p where p.room = d.room and p.account = d.account), 0) as read;

-- name: add_push
insert into message.pushes (receipt, account, room, seq, kind, at) values (%(receipt)s, %(account)s, %(room)s, %(seq)s, %(kind)s, kernel.moment());

-- name: forget_pushes
delete from message.pushes where at < kernel.moment() - make_interval(days => %(days)s);

-- name: private_receipts
select private_receipts from identity.public_accounts where id = %(account)s;

-- name: mute
insert into message.positions (room, account, muted_until) values (%(room)s, %(account)s, %(until)s)
on conflict (room, account) do update set muted_until = excluded.muted_until;

-- name: plan_of
select true from offer.public_plans where id = %(plan)s and cast_id = %(cast_id)s and not archived;

-- name: heads_since
-- Rooms that have changed since then, and how far they go; the poll behind every hint.
select id, cast_id, guest_id, head, blocked from message.changed_since(%(since)s);

-- name: subscribe
insert into message.subscriptions (endpoint, account, session, p256dh, auth) values (%(endpoint)s, %(account)s, %(session)s, %(p256dh)s, %(auth)s)
on conflict (endpoint) do update set account = excluded.account, session = excluded.session, p256dh = excluded.p256dh, auth = excluded.auth;

-- name: too_many_subscriptions
-- The oldest beyond the limit go.
delete from message.subscriptions where endpoint = any(array(
  select endpoint from message.subscriptions where account = %(account)s order by created_at desc offset %(most)s));

-- name: unsubscribe
delete from message.subscriptions where endpoint = %(endpoint)s and account = %(account)s;

-- name: prune
delete from message.subscriptions where endpoint = %(endpoint)s;

-- name: to_push
-- Members who have something unread that no push has told them of, and no socket open; marks them as told, up to the head.
with waiting as (
  select r.id as room, m.account, r.head
  from message.changed_since(kernel.moment() - interval '60 seconds') r cross join lateral (values (r.cast_id), (r.guest_id)) m(account)
  left join message.positions p on p.room = r.id and p.account = m.account
  where not r.blocked
    and r.head > greatest(coalesce(p.read, 0), coalesce(p.pushed, 0))
    and (p.muted_until is null or p.muted_until <= kernel.moment())
    and exists (select from message.subscriptions s where s.account = m.account)
    and not exists (select from kernel.presence o where o.account = m.account and o.until > kernel.moment())
    and exists (select from message.entries e where e.room = r.id and e.seq > greatest(coalesce(p.read, 0), coalesce(p.pushed, 0))
      and e.by is not null and e.by <> m.account and e.kind in ('text', 'photo', 'request', 'invitation') and not e.deleted)
  order by r.id limit %(most)s)
insert into message.positions as p (room, account, pushed) select room, account, head from waiting
on conflict (room, account) do update set pushed = excluded.pushed where p.pushed < excluded.pushed
returning room, account, pushed;

-- name: forget_subscriptions
delete from message.subscriptions where account = %(account)s;

-- name: forget_due
delete from message.due where account = %(account)s;

-- name: forget_receipts
delete from message.pushes where account = %(account)s;

-- name: answers_naming
-- Kept answers that show the account: of those who have a room with it, and of operators.
select c.account, c.key, c.result from kernel.commands c
where c.account = any(array(
    select cast_id from message.rooms where guest_id = %(account)s
    union select guest_id from message.rooms where cast_id = %(account)s
    union select id from identity.public_accounts where role = 'operator'))
  and position(convert_to(%(account)s::text, 'UTF8') in c.result) > 0;

-- name: forget_photos
-- An erased account's pictures leave the conversations too; words beside them stay.
update message.entries e set more = more - 'photo', deleted = deleted or body is null
where e.kind = 'photo' and e.by = %(account)s and e.more ? 'photo'
  and e.room = any(array(select id from message.rooms where cast_id = %(account)s union all select id from message.rooms where guest_id = %(account)s));

-- name: rewrite_answer
update kernel.commands set result = %(result)s where account = %(account)s and key = %(key)s;

-- name: own_words
-- What an account wrote, as it reads now, in order; deleted words are gone.
select f.room, f.seq, f.at, f.kind, f.body, f.more, f.edited_at from message.rooms r join message.folded f on f.room = r.id
where %(account)s in (r.cast_id, r.guest_id) and f.by = %(account)s and not f.deleted order by f.room, f.seq;

-- name: blocks_by
select account, at from message.blocks where by = %(account)s order by at, account;

-- name: is_absent
select exists (select from identity.public_absent where id = %(account)s);

-- name: lock_indexing
-- One worker at a time.
select pg_try_advisory_xact_lock(7316010);

-- name: is_busy
select count(*) >= %(rooms)s from message.changed_since(kernel.moment() - interval '5 seconds');

-- name: to_index
-- Rooms with entries that the index of words does not know, those with the most first, and how far to go: so many entries in all.
select room, after, least(head, after + %(most)s - before) as upto from (
  select room, after, head, (sum(head - after) over (order by head - after desc, room) - (head - after))::bigint as before from (
    select r.id as room, coalesce(i.upto, 0) as after, r.head from message.rooms r left join message.indexed i on i.room = r.id
    where r.head > coalesce(i.upto, 0)) waiting) summed
where before < %(most)s order by before;

-- name: index_words
-- Words of the new entries, and of the older ones that new edits changed, as they read now. Room by room and line by line (offset 0), however many the
-- planner expects: it would read all reservations, or all that was ever deleted, for the few lines of a step.
insert into message.words (room, seq, grams)
select f.room, f.seq, message.grams(message.plain(f.body)) from (
  select distinct e.room, case when e.kind = 'edit' then e.target else e.seq end as seq
  from unnest(%(rooms)s::uuid[], %(afters)s::bigint[], %(uptos)s::bigint[]) s(room, after, upto) cross join lateral (
    select room, seq, kind, target from message.entries
    where room = s.room and seq > s.after and seq <= s.upto and kind in ('text', 'photo', 'edit') offset 0) e) changed
cross join lateral (
  select room, seq, body from message.folded where room = changed.room and seq = changed.seq and body is not null and not deleted offset 0) f
on conflict (room, seq) do update set grams = excluded.grams;

-- name: unindex_words
delete from message.words w using unnest(%(rooms)s::uuid[], %(afters)s::bigint[], %(uptos)s::bigint[]) s(room, after, upto) cross join lateral (
  select room, target from message.entries where room = s.room and seq > s.after and seq <= s.upto and kind = 'delete' offset 0) d
where w.room = d.room and w.seq = d.target;

-- name: indexed
insert into message.indexed (room, upto) select * from unnest(%(rooms)s::uuid[], %(uptos)s::bigint[])
on conflict (room) do update set upto = excluded.upto;

-- name: forget_words
delete from message.words where room = %(room)s and seq = %(target)s;

-- name: search
-- Texts in the rooms of an account that contain a plain text as they read now, the newest first: by the index of words, and whatever lies beyond it one by one.
with mine as (
  select id from message.rooms where cast_id = %(account)s and (%(room)s::uuid is null or id = %(room)s)
  union all select id from message.rooms where guest_id = %(account)s and (%(room)s::uuid is null or id = %(room)s)),
found as (
  select m.id as room, w.seq from mine m
  cross join lateral (select seq from message.words where room = m.id and grams @> message.grams(%(plain)s)) w
  union
  select m.id, case when e.kind = 'edit' then e.target else e.seq end from mine m
  left join message.indexed i on i.room = m.id
  join message.entries e on e.room = m.id and e.seq > coalesce(i.upto, 0) and e.kind in ('text', 'photo', 'edit'))
select f.* from found join message.folded f on f.room = found.room and f.seq = found.seq
where not f.deleted and strpos(message.plain(f.body), %(plain)s) > 0
  and (%(before)s::timestamptz is null or (f.at, f.room, f.seq) < (%(before)s, %(before_room)s, %(before_seq)s))
order by f.at desc, f.room desc, f.seq desc limit %(limit)s;

-- name: plain
select message.plain(%(text)s);

-- name: drift_seq
-- Rooms whose entries are not 1 to head without a gap, and entries whose room is not there.
select format('room %%s: head %%s, but %%s entries up to %%s', id, coalesce(head::text, 'missing'), count(e.seq), coalesce(max(e.seq), 0)) as line
from (select id, head from message.rooms union all select distinct e.room, null::bigint from message.entries e
  where not exists (select from message.rooms where id = e.room)) r
left join message.entries e on e.room = r.id
group by id, head having head is null or count(e.seq) <> head or coalesce(max(e.seq), 0) <> head order by id;

-- name: drift_unread
-- What cards show as unread, against a count that knows deletions by their own entries and blocks by who set them.
select format('room %%s, account %%s: %%s shown, %%s counted, read %%s of %%s', c.room, c.account, c.unread, k.unread, c.read, c.head) as line
from message.cards c cross join lateral (
  select count(*) as unread from message.entries e
  where e.room = c.room and e.seq > c.read and e.by is distinct from c.account and e.kind in ('text', 'photo', 'request', 'invitation', 'seal')
    and not exists (select from message.entries d where d.room = e.room and d.target = e.seq and d.kind = 'delete')
    and not (e.kind = 'photo' and e.body is null and not coalesce(e.more ? 'photo', false)) -- gone with its account
    and not exists (select from message.public_blocks b where b.account = c.cast_id and b.other = c.guest_id)) k
where c.unread <> k.unread or c.read > c.head order by c.room, c.account;

-- name: drift_seals
-- One seal a confirmation, and none without; what waits in the outbox is not missing yet.
select format('reservation %%s: %%s seals for %%s confirmations', coalesce(p.id, s.reservation), coalesce(s.seals, 0), (p.confirmed_at is not null)::int) as line
from booking.public_reservations p
full join (select reservation, count(*) as seals from message.entries where kind = 'seal' group by reservation) s on s.reservation = p.id
where coalesce(s.seals, 0) <> (p.confirmed_at is not null)::int
  and not exists (select from kernel.deliveries d where d.consumer = 'message' and d.key = p.id::text)
order by 1;
