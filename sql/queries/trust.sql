-- name: reservation
-- A reservation, for one of its two parties alone.
select id, cast_id, guest_id, present as status, version from booking.public_reservations where id = %(reservation)s and %(account)s in (cast_id, guest_id);

-- name: lock_reviews
-- Both sides may write at once: the second must see the first.
select pg_advisory_xact_lock(hashtextextended(%(reservation)s::uuid::text, 30));

-- name: reviewed_by
select true from trust.reviews where reservation = %(reservation)s and by = %(by)s;

-- name: write_review
insert into trust.reviews (reservation, by, about, conversation, attentiveness, style, punctuality, reunion, comment, at, visible_at)
values (%(reservation)s, %(by)s, %(about)s, %(conversation)s, %(attentiveness)s, %(style)s, %(punctuality)s, %(reunion)s, %(comment)s,
  kernel.moment(), kernel.moment() + make_interval(days => %(days)s))
returning id;

-- name: open_reviews
-- Both are in: both can be seen from now on. With the lock of the reservation's reviews.
update trust.reviews set visible_at = kernel.moment()
where reservation = %(reservation)s and visible_at > kernel.moment() and (select count(*) from trust.reviews where reservation = %(reservation)s) = 2;

-- name: review
-- By its writer, or by anyone once it can be seen.
select r.id, r.reservation, r.by, r.about, r.comment, r.at, r.visible_at, r.conversation, r.attentiveness, r.style, r.punctuality, r.reunion
from trust.reviews r left join trust.visible_reviews v on v.id = r.id
where r.id = %(review)s and (r.by = %(account)s or v.id is not null);

-- name: reviews_of
-- What guests said of a cast, the newest first; casts' words about guests are no part of a profile.
select id, reservation, by, about, comment, at, visible_at, conversation, attentiveness, style, punctuality, reunion
from trust.visible_reviews
where about = %(about)s and scored and (%(before)s::timestamptz is null or (visible_at, id) < (%(before)s, %(before_id)s::uuid))
order by visible_at desc, id desc limit %(limit)s;

-- name: my_reviews
-- Those one wrote, and those about oneself that can be seen.
select id, reservation, by, about, comment, at, visible_at, conversation, attentiveness, style, punctuality, reunion from (
  select * from trust.reviews where by = %(account)s
  union
  select * from trust.reviews where about = %(account)s and hidden_at is null and visible_at <= kernel.moment()) mine
where %(before)s::uuid is null or id < %(before)s order by id desc limit %(limit)s;

-- name: hide_review
update trust.reviews set hidden_at = kernel.moment() where id = %(review)s and hidden_at is null returning about;

-- name: make_radar
insert into trust.radars (cast_id, at) values (%(cast_id)s, kernel.moment()) on conflict do nothing;

-- name: lock_radar
-- A statement of its own: what is read after it is read after the wait.
select reviews from trust.radars where cast_id = %(cast_id)s for no key update;

-- name: recompute_radar
-- The whole radar out of its rows; nothing is returned where it says what it said before. With its lock.
with counted as (
  update trust.reviews set counted = true
  where about = %(cast_id)s and not counted and conversation is not null and visible_at <= kernel.moment()),
whole as (
  select count(*)::int as reviews, round(avg(conversation), 1) as conversation, round(avg(attentiveness), 1) as attentiveness, round(avg(style), 1) as style,
    round(avg(punctuality), 1) as punctuality, round(avg(reunion), 1) as reunion
  from trust.visible_reviews where about = %(cast_id)s and scored)
update trust.radars d set reviews = w.reviews, conversation = w.conversation, attentiveness = w.attentiveness, style = w.style,
  punctuality = w.punctuality, reunion = w.reunion, version = d.version + 1, at = kernel.moment()
from whole w
where d.cast_id = %(cast_id)s and (d.reviews, d.conversation, d.attentiveness, d.style, d.punctuality, d.reunion)
  is distinct from (w.reviews, w.conversation, w.attentiveness, w.style, w.punctuality, w.reunion)
returning d.reviews;

-- name: radars
select cast_id, version, reviews, axes from trust.public_radars where cast_id = any(%(casts)b::uuid[]);

-- name: radars_due
-- Casts of whom time has made a review visible since their radar was made.
select distinct about as id from trust.reviews where not counted and conversation is not null and visible_at <= kernel.moment() limit 100;

-- name: listeners
-- The cast and her followers, as far as no block stands between. Whether they are connected, and where, the gateways know.
select %(cast_id)s::uuid as id
union all
select f.guest from portfolio.public_follows f where f.cast_id = %(cast_id)s
  and not exists (select from message.public_blocks b where b.account = f.guest and b.other = %(cast_id)s);

-- name: knows
-- Whether the two have a room or ever had a reservation.
select exists (select from message.public_rooms where cast_id = %(cast_id)s and guest_id = %(guest)s)
  or exists (select from booking.public_reservations where cast_id = %(cast_id)s and guest_id = %(guest)s);

-- name: account
select document from identity.public_accounts where id = %(account)s;

-- name: follows
select true from portfolio.public_follows where guest = %(guest)s and cast_id = %(cast_id)s;

-- name: record
-- Visits with one cast; cancellations and no-shows of the whole house, for as many days as they count.
select count(*) filter (where visit and cast_id = %(cast_id)s)::int as visits,
  count(*) filter (where cancellation and recent)::int as cancellations,
  count(*) filter (where cancellation and recent and late)::int as late_cancellations,
  count(*) filter (where no_show and recent)::int as no_shows,
  max(starts_at) filter (where visit and cast_id = %(cast_id)s) as last_visit
from (select *, at > kernel.moment() - make_interval(days => %(days)s) as recent from trust.guest_records where guest_id = %(guest)s) r;

-- name: documents_of_pair
select document from booking.public_reservations where guest_id = %(guest)s and cast_id = %(cast_id)s
order by created_at desc, id desc limit %(limit)s;

-- name: wrapped_key
select wrapped from trust.keys where cast_id = %(cast_id)s for share;

-- name: keep_key
-- The first memo of a cast makes her key; of two at once, one.
insert into trust.keys (cast_id, wrapped, created_at) values (%(cast_id)s, %(wrapped)s, kernel.moment()) on conflict do nothing;

-- name: save_memo
insert into trust.memos (cast_id, guest_id, sealed, updated_at) values (%(cast_id)s, %(guest)s, %(sealed)s, kernel.moment())
on conflict (cast_id, guest_id) do update set sealed = excluded.sealed, updated_at = excluded.updated_at
returning updated_at;

-- name: memos
-- All of a cast, or the one on a guest.
select m.guest_id as guest, m.sealed, m.updated_at, k.wrapped from trust.memos m join trust.keys k using (cast_id)
where m.cast_id = %(cast_id)s and (%(guest)s::uuid is null or m.guest_id = %(guest)s) order by m.guest_id;

-- name: erase_memo
delete from trust.memos where cast_id = %(cast_id)s and guest_id = %(guest)s;

-- name: lock_key
select true from trust.keys where cast_id = %(cast_id)s for update;

-- name: destroy_idle_key
-- The key of a cast who has no memo left goes too. With its lock.
delete from trust.keys k where cast_id = %(cast_id)s and not exists (select from trust.memos m where m.cast_id = k.cast_id);

-- name: erase_memos
delete from trust.memos where cast_id = %(cast_id)s;

-- name: reported_entry
-- An entry of a room of one's own, as it was written, with every later wording, for as long as its words are there.
select e.room, e.seq, e.at, e.by, e.kind, e.body, e.more, e.deleted,
  coalesce((select jsonb_agg(jsonb_build_object('at', x.at, 'body', x.body) order by x.seq) from message.public_entries x
    where x.room = e.room and x.target = e.seq and x.kind = 'edit'), '[]') as edits
from message.public_entries e join message.public_rooms r on r.id = e.room
where e.room = %(room)s and e.seq = %(seq)s and %(account)s in (r.cast_id, r.guest_id);

-- name: file_report
insert into trust.reports (by, kind, about, subject, reason, note, evidence, at)
values (%(by)s, %(kind)s, %(about)s, %(subject)s, %(reason)s, %(note)s, %(evidence)s, kernel.moment())
returning id;

-- name: reports
-- For the house, in the order they came.
select id, by, kind, about, subject, reason, note, evidence, at, status, outcome, settled_by, settled_note, settled_at from trust.reports
where (%(status)s::text is null or status = %(status)s) and (%(after)s::uuid is null or id > %(after)s)
order by id limit %(limit)s;

-- name: my_reports
select id, by, kind, about, subject, reason, note, evidence, at, status, outcome, settled_by, settled_note, settled_at from trust.reports
where by = %(account)s and (%(before)s::uuid is null or id < %(before)s) order by id desc limit %(limit)s;

-- name: report
select id, by, kind, about, subject, reason, note, evidence, at, status, outcome, settled_by, settled_note, settled_at from trust.reports where id = %(report)s;

-- name: settle_report
-- The guarded change of state: 0 rows mean that it was settled before.
update trust.reports set status = 'settled', outcome = %(outcome)s, settled_by = %(by)s, settled_note = %(note)s, settled_at = kernel.moment()
where id = %(report)s and status = 'open';

-- name: casts_with_memo_of
select cast_id from trust.memos where guest_id = %(guest)s order by cast_id;

-- name: take_name_from_evidence
-- Of an erased account a report keeps what was said, not the name.
update trust.reports set evidence = jsonb_set(evidence, '{display_name}', '""') - 'photo' where kind = 'account' and about = %(account)s;

-- name: drift_radar
-- Radars against the mean of the reviews that can be seen; a review of the last minute may still be on its way.
select format('cast %%s: the radar says %%s of %%s, the reviews say %%s of %%s', coalesce(d.cast_id, w.about), d.axes, coalesce(d.reviews, 0), w.axes,
  coalesce(w.reviews, 0)) as line
from (select cast_id, reviews, array[conversation, attentiveness, style, punctuality, reunion] as axes from trust.radars where reviews > 0) d
full join (
  select about, count(*)::int as reviews, array[round(avg(conversation), 1), round(avg(attentiveness), 1), round(avg(style), 1),
    round(avg(punctuality), 1), round(avg(reunion), 1)] as axes
  from trust.reviews where conversation is not null and hidden_at is null and visible_at <= kernel.moment() group by about) w on w.about = d.cast_id
where (d.reviews, d.axes) is distinct from (w.reviews, w.axes)
  and not exists (select from kernel.deliveries q where q.consumer = 'trust' and q.key = coalesce(d.cast_id, w.about)::text)
  and not exists (select from trust.reviews r where r.about = w.about and not r.counted and r.visible_at > kernel.moment() - interval '1 minute')
order by 1;

-- name: drift_records
-- Guests' records as cards derive them from reservations, against a count over the journal of steps.
with last as (
  select distinct on (reservation) reservation, status, by, at from booking.public_steps order by reservation, version desc),
told as (
  select r.guest_id, array[count(*) filter (where l.status = 'completed'), count(*) filter (where own), count(*) filter (where own and l.at > r.cancel_until),
    count(*) filter (where l.status in ('no_show', 'upheld'))] as record
  from last l join booking.public_reservations r on r.id = l.reservation
  cross join lateral (select l.status = 'cancelled' and l.by = r.guest_id and not exists (
    select from booking.public_reservations n join booking.public_steps s on s.reservation = n.id and s.status = 'confirmed' where n.replaces = r.id) as own) c
  where l.status in ('completed', 'cancelled', 'no_show', 'upheld') group by r.guest_id),
shown as (
  select guest_id, array[count(*) filter (where visit), count(*) filter (where cancellation), count(*) filter (where cancellation and late),
    count(*) filter (where no_show)] as record
  from trust.guest_records group by guest_id)
select format('guest %%s: %%s shown, %%s counted (visits, cancellations, late ones, no-shows)', guest_id, shown.record, told.record) as line
from told full join shown using (guest_id) where told.record is distinct from shown.record order by guest_id;
