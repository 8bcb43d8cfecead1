-- The one place that appends to rooms. p_room: each room once, in order of id; p_count: how many drafts it gets. Of each draft p_place: where its room stands in p_room,
-- and p_nth: which of its room's drafts it is. Lists of what no draft has may be empty: beyond an array's end is null. No two drafts have the same room, sender and key.
-- First, as if all were new and allowed: the rooms are raised and by that locked, the entries written. `heads` says where each room stood, `at` when it was.
-- Where one is not, a unique index, a row too few or a reply to nothing tells, all of that is undone, and each gets its own seq, time and status:
-- f fresh, d duplicate (the first answer again), k key reused, x no member, b blocked (but one's own words may still be deleted), r replies to what isn't there.
-- Both ways lock in order of id: with nested loops alone the first goes through p_room as it comes, and were it otherwise, it would give way to the second, whose
-- lock is a statement of its own: in one with what reads, the snapshot would precede the lock, and rivals with one key would collide.
create or replace function message.append(
    p_room uuid[], p_count bigint[], p_place bigint[], p_nth bigint[], p_by uuid[], p_key uuid[], p_kind text[], p_body text[],
    p_target bigint[], p_reservation uuid[], p_event bigint[], p_more jsonb[],
    out heads bigint[], out at timestamptz, out seqs bigint[], out ats timestamptz[], out statuses "char"[])
  language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_raised uuid[];
  v_casts uuid[];
  v_guests uuid[];
  v_blocked boolean;
  v_written bigint;
begin
  begin
    with raised as (
      update message.rooms r set head = r.head + p_count[n], changed_at = kernel.moment() from generate_series(1, cardinality(p_room)) n where r.id = p_room[n]
      returning r.id, old.head, r.changed_at, r.cast_id, r.guest_id, r.blocked)
    select array_agg(id), array_agg(head), max(changed_at), array_agg(cast_id), array_agg(guest_id), bool_or(blocked)
      into v_raised, heads, at, v_casts, v_guests, v_blocked from raised;
    if v_blocked or v_raised is distinct from p_room then
      raise unique_violation;
    end if;
    for n in 1 .. cardinality(p_more) loop
      if p_more[n] ? 'reply_to' then
        perform from message.entries where room = p_room[p_place[n]] and seq = (p_more[n] ->> 'reply_to')::bigint and kind not in ('edit', 'delete');
        if not found then
          raise unique_violation;
        end if;
      end if;
    end loop;
    insert into message.entries (room, seq, at, by, kind, key, body, target, reservation, event, more)
      select p_room[p_place[n]], heads[p_place[n]] + p_nth[n], append.at, p_by[n], p_kind[n], p_key[n], p_body[n], p_target[n], p_reservation[n], p_event[n], p_more[n]
      from generate_series(1, cardinality(p_place)) n
      where p_by[n] is null or p_by[n] in (v_casts[p_place[n]], v_guests[p_place[n]]);
    get diagnostics v_written = row_count;
    if v_written < cardinality(p_place) then
      raise unique_violation;
    end if;
    return;
  exception when unique_violation then
    heads := null;
  end;
  perform from message.rooms where id = any(p_room) order by id for no key update;
  at := kernel.moment();
  with seen as (
    select u.*, r.head, e.seq as old_seq, e.at as old_at,
           case when r.head is null then 'x'
                when e.seq is not null then
                  case when e.kind = u.kind and e.target is not distinct from u.target
                        and (e.deleted or e.body is not distinct from u.body and e.more is not distinct from u.more) then 'd' else 'k' end
                when r.blocked and u.by is not null and u.kind <> 'delete' then 'b'
                when u.more ? 'reply_to' and coalesce((select kind in ('edit', 'delete') from message.entries
                  where room = u.room and seq = (u.more ->> 'reply_to')::bigint), true) then 'r'
                else 'f' end::"char" as st
    from (select n, p_room[p_place[n]] as room, p_by[n] as by, p_key[n] as key, p_kind[n] as kind, p_body[n] as body, p_target[n] as target,
            p_reservation[n] as reservation, p_event[n] as event, p_more[n] as more from generate_series(1, cardinality(p_place)) n) u
    left join lateral (select head, blocked from message.rooms where id = u.room and (u.by is null or u.by in (cast_id, guest_id)) limit 1) r on true
    left join lateral (
      select seq, e.at, kind, body, target, more, deleted from message.entries e where room = u.room and by = u.by and key = u.key
      union all
      select seq, e.at, kind, body, target, more, deleted from message.entries e where event = u.event limit 1) e on true),
  numbered as (
    select s.*, coalesce(old_seq, head + count(*) filter (where st = 'f') over (partition by room order by n)) as seq from seen s),
  written as (
    insert into message.entries (room, seq, at, by, kind, key, body, target, reservation, event, more)
    select room, seq, append.at, by, kind, key, body, target, reservation, event, more from numbered where st = 'f'),
  raised as (
    update message.rooms r set head = m.head, changed_at = append.at
    from (select room, max(seq) as head from numbered where st = 'f' group by room) m where r.id = m.room)
  select array_agg(seq order by n), array_agg(coalesce(old_at, append.at) order by n), array_agg(st order by n)
    into seqs, ats, statuses from numbered;
end $$;

-- Rooms in which something was written since then. By the summaries of their pages, which the planner takes for as good as none.
create or replace function message.changed_since(p_since timestamptz) returns setof message.rooms language sql stable
  set enable_seqscan = off as 'select * from message.rooms where changed_at > p_since';

-- How far the entry at p_seq has come to each of the two, by what their devices said.
create or replace function message.delivery(p_room uuid, p_seq bigint) returns jsonb language sql stable as $$
  select jsonb_object_agg(m.account, case when p.displayed >= p_seq then 'displayed' when greatest(p.reached, p.read) >= p_seq then 'reached' else 'stored' end)
  from message.rooms r cross join lateral (values (r.cast_id), (r.guest_id)) m(account)
  left join message.positions p on p.room = r.id and p.account = m.account
  where r.id = p_room and not r.blocked;
$$;

-- Whether anything of ours is known to have reached a device of the account since then: an open socket now, something received or read, a push shown.
-- For reminders: what has not gets a text.
create or replace function message.public_reached(p_account uuid, p_since timestamptz) returns boolean language sql stable as $$
  select exists (select from kernel.presence where account = p_account and until > kernel.moment())
      or exists (select from message.positions where account = p_account and reached_at > p_since);
$$;

-- Entries as the log has them, with the present state of their reservation: asked for those that have one, not joined, since nearly all are texts.
create or replace view message.log as
  select e.room, e.seq, e.at, e.by, e.kind, e.key, e.body, e.target, e.more, e.deleted,
    case when e.reservation is not null then (select document from booking.public_reservations where id = e.reservation) end as reservation, null::timestamptz as edited_at,
    case when e.kind = 'seal' then message.delivery(e.room, e.seq) end as delivery
  from message.entries e;

-- Entries as a reader sees them: edited bodies in place, no lines for the editing itself.
create or replace view message.folded as
  select e.room, e.seq, e.at, e.by, e.kind, e.key, coalesce(x.body, e.body) as body, e.target, e.more, e.deleted, e.reservation, x.at as edited_at, e.delivery
  from message.log e
  left join lateral (
    select body, at from message.entries where room = e.room and target = e.seq and kind = 'edit' and not e.deleted order by seq desc limit 1) x on true
  where e.kind not in ('edit', 'delete');

-- A text as it is compared: full and half width the same (NFKC), capitals as small letters.
create or replace function message.plain(p_text text) returns text language sql immutable strict parallel safe as $$ select lower(normalize(p_text, NFKC)) $$;

-- The letters of a plain text and its pairs of letters: what a text that contains it must contain too.
create or replace function message.grams(p_plain text) returns text[] language sql immutable strict parallel safe as $$
  with letters as (select l, lead(l) over (order by n) as next from unnest(string_to_array(p_plain, null)) with ordinality u(l, n))
  select coalesce(array_agg(distinct g), '{}') from (select l as g from letters union select l || next from letters where next is not null) grams;
$$;

-- Rooms as one of their two members sees them. A blocked one has nothing unread and shows nothing of the other.
create or replace view message.cards as
  select r.id as room, m.account, r.head, r.changed_at, r.cast_id, r.guest_id, case when r.blocked then o.document - 'photo' else o.document end as other,
         coalesce(p.read, 0) as read, case when o.private_receipts or r.blocked then null else coalesce(q.read, 0) end as their_read, p.muted_until,
         (select count(*) from message.entries e where not r.blocked and e.room = r.id and e.seq > coalesce(p.read, 0) and e.by is distinct from m.account
            and e.kind in ('text', 'photo', 'request', 'invitation', 'seal') and not e.deleted) as unread,
         (select max(e.seq) from message.entries e where e.room = r.id and e.kind not in ('edit', 'delete')) as last_seq, r.blocked
  from message.rooms r
  cross join lateral (values (r.cast_id, r.guest_id), (r.guest_id, r.cast_id)) m(account, other)
  join identity.public_accounts o on o.id = m.other
  left join message.positions p on p.room = r.id and p.account = m.account
  left join message.positions q on q.room = r.id and q.account = m.other;

-- Cards, each with its last entry as a reader sees it. The limit keeps the planner from one join of all, too large for it to look for the best order.
create or replace view message.full_cards as
  select c.*, l.at as last_at, l.by as last_by, l.kind as last_kind, l.key as last_key, l.body as last_body, l.target as last_target, l.more as last_more,
         l.deleted as last_deleted, l.reservation as last_reservation, l.edited_at as last_edited_at, l.delivery as last_delivery
  from message.cards c left join lateral (select * from message.folded where room = c.room and seq = c.last_seq limit 1) l on true;

-- What the cards of an account say together. By its own rooms: the view alone would look at everybody's.
create or replace function message.unread(p_account uuid) returns bigint language sql stable as $$
  select coalesce(sum(c.unread), 0)::bigint
  from (select id from message.rooms where cast_id = p_account union all select id from message.rooms where guest_id = p_account) mine
  join message.cards c on c.room = mine.id and c.account = p_account where c.head > c.read;
$$;

-- What others may see of rooms and of what was said in them: for those alone who can show that they are a member.
create or replace view message.public_rooms as select id, cast_id, guest_id from message.rooms;
create or replace view message.public_entries as select room, seq, at, by, kind, body, target, deleted, more from message.entries;

-- Photos that some conversation shows.
create or replace view message.public_photos as
  select (more->'photo'->>'id')::uuid as id from message.entries where kind = 'photo' and more ? 'photo';
