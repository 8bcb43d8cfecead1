-- The one place that appends to rooms. Locks the rooms in order of id, folds duplicates by (room, by, key) and by event, numbers, writes, raises the heads.
-- Unused arrays may be empty: the rest is filled with nulls. The caller has folded duplicates inside its own batch.
-- status: f fresh, d duplicate (the first answer again), k key reused, x no member, b blocked (but one's own words may still be deleted), r replies to what isn't there.
-- One alone, as it comes in a quiet house, goes by plain statements: what a plan for many costs before its first row is twice their time.
-- The lock is a statement of its own: in one CTE the snapshot would precede the lock, and rivals with one key would collide.
create or replace function message.append(
    p_room uuid[], p_by uuid[], p_key uuid[], p_kind text[], p_body text[], p_target bigint[], p_reservation uuid[], p_event bigint[], p_more jsonb[],
    out seqs bigint[], out ats timestamptz[], out statuses "char"[])
  language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  t timestamptz;
  v_head bigint;
  v_blocked boolean;
  v_old record;
  v_status "char";
begin
  if cardinality(p_room) = 1 then
    select head, blocked into v_head, v_blocked from message.rooms
      where id = p_room[1] and (p_by[1] is null or p_by[1] in (cast_id, guest_id)) for no key update;
    t := kernel.moment();
    select seq, at, kind, body, target, more, deleted into v_old from message.entries where room = p_room[1] and by = p_by[1] and key = p_key[1];
    if v_old.seq is null and p_event[1] is not null then
      select seq, at, kind, body, target, more, deleted into v_old from message.entries where event = p_event[1];
    end if;
    if v_head is null then
      v_status := 'x';
    elsif v_old.seq is not null then
      v_status := case when v_old.kind = p_kind[1] and v_old.target is not distinct from p_target[1]
        and (v_old.deleted or v_old.body is not distinct from p_body[1] and v_old.more is not distinct from p_more[1]) then 'd' else 'k' end;
    elsif v_blocked and p_by[1] is not null and p_kind[1] <> 'delete' then
      v_status := 'b';
    elsif p_more[1] ? 'reply_to' and not exists (select from message.entries
        where room = p_room[1] and seq = (p_more[1] ->> 'reply_to')::bigint and kind not in ('edit', 'delete')) then
      v_status := 'r';
    else
      v_status := 'f';
      v_head := v_head + 1;
      insert into message.entries (room, seq, at, by, kind, key, body, target, reservation, event, more)
        values (p_room[1], v_head, t, p_by[1], p_kind[1], p_key[1], p_body[1], p_target[1], p_reservation[1], p_event[1], p_more[1]);
      update message.rooms set head = v_head, changed_at = t where id = p_room[1];
    end if;
    seqs := array[coalesce(v_old.seq, v_head)];
    ats := array[coalesce(v_old.at, t)];
    statuses := array[v_status];
    return;
  end if;
  perform from message.rooms where id = any(p_room) order by id for no key update;
  t := kernel.moment();
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
    from unnest(p_room, p_by, p_key, p_kind, p_body, p_target, p_reservation, p_event, p_more)
           with ordinality u(room, by, key, kind, body, target, reservation, event, more, n)
    left join lateral (select head, blocked from message.rooms where id = u.room and (u.by is null or u.by in (cast_id, guest_id)) limit 1) r on true
    left join lateral (
      select seq, at, kind, body, target, more, deleted from message.entries where room = u.room and by = u.by and key = u.key
      union all
      select seq, at, kind, body, target, more, deleted from message.entries where event = u.event limit 1) e on true),
  numbered as (
    select s.*, coalesce(old_seq, head + count(*) filter (where st = 'f') over (partition by room order by n)) as seq from seen s),
  written as (
    insert into message.entries (room, seq, at, by, kind, key, body, target, reservation, event, more)
    select room, seq, t, by, kind, key, body, target, reservation, event, more from numbered where st = 'f'),
  raised as (
    update message.rooms r set head = m.head, changed_at = t
    from (select room, max(seq) as head from numbered where st = 'f' group by room) m where r.id = m.room)
  select array_agg(seq order by n), array_agg(coalesce(old_at, t) order by n), array_agg(st order by n)
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

-- Entries as the log has them, with the present state of their reservation.
create or replace view message.log as
  select e.room, e.seq, e.at, e.by, e.kind, e.key, e.body, e.target, e.more, e.deleted, r.document as reservation, null::timestamptz as edited_at,
    case when e.kind = 'seal' then message.delivery(e.room, e.seq) end as delivery
  from message.entries e left join booking.public_reservations r on r.id = e.reservation;

-- Entries as a reader sees them: edited bodies in place, no lines for the editing itself.
create or replace view message.folded as
  select e.room, e.seq, e.at, e.by, e.kind, e.key, coalesce(x.body, e.body) as body, e.target, e.more, e.deleted, r.document as reservation, x.at as edited_at,
    case when e.kind = 'seal' then message.delivery(e.room, e.seq) end as delivery
  from message.entries e
  left join booking.public_reservations r on r.id = e.reservation
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

-- What others may see of rooms and of what was said in them: for those alone who can show that they are a member.
create or replace view message.public_rooms as select id, cast_id, guest_id from message.rooms;
create or replace view message.public_entries as select room, seq, at, by, kind, body, target, deleted, more from message.entries;

-- Photos that some conversation shows.
create or replace view message.public_photos as
  select (more->'photo'->>'id')::uuid as id from message.entries where kind = 'photo' and more ? 'photo';
