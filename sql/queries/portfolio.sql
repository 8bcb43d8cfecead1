-- name: is_cast
select true from identity.public_accounts where id = %(cast_id)s and role = 'cast';

-- name: is_open_to
-- A cast, but none that is leaving or suspended, or that the account has blocked or was blocked by: such a one is not there.
select true from identity.public_accounts a where a.id = %(cast_id)s and a.role = 'cast'
  and not exists (select from identity.public_absent where id = a.id)
  and not exists (select from message.public_blocks where account = %(account)s and other = a.id);

-- name: follow
insert into portfolio.follows (guest, cast_id, push, since) values (%(guest)s, %(cast_id)s, %(push)s, kernel.moment())
on conflict (guest, cast_id) do update set push = excluded.push;

-- name: unfollow
delete from portfolio.follows where guest = %(guest)s and cast_id = %(cast_id)s;

-- name: sheets
-- Profiles in the order asked for, of casts who are there for `viewer`: not leaving, suspended or blocked, and published unless it is herself.
select s.* from unnest(%(casts)b::uuid[]) with ordinality u(id, n) join portfolio.sheets s on s.id = u.id
where s.id = %(viewer)s or (s.published and not exists (select from identity.public_absent where id = s.id) and not exists (select from message.public_blocks where account = %(viewer)s and other = s.id))
order by u.n;

-- name: following
select true from portfolio.follows where guest = %(guest)s and cast_id = %(cast_id)s;

-- name: followed_among
select cast_id from portfolio.follows where guest = %(guest)s and cast_id = any(%(casts)b::uuid[]);

-- name: viewer
-- How an account looks at casts: whom it follows, and whether there is any block between it and anybody.
select array(select cast_id from portfolio.follows where guest = %(account)s) as follows,
  exists (select from message.public_blocks where account = %(account)s) as blocks;

-- name: followed_by
select cast_id as cast, push, since from portfolio.follows where guest = %(guest)s order by since, cast_id;

-- name: forget_follows
delete from portfolio.follows where guest = %(account)s or cast_id = %(account)s;

-- name: forget_profile
delete from portfolio.profiles where cast_id = %(account)s;

-- name: begin_profile
insert into portfolio.profiles (cast_id, changed_at) values (%(cast_id)s, kernel.moment()) on conflict do nothing;

-- name: save_profile
-- What is null stays as it is; `area` and `published` say by a switch whether they are meant. Whether another photo is the first now.
update portfolio.profiles set
  headline = coalesce(%(headline)s, headline), about = coalesce(%(about)s, about), tags = coalesce(%(tags)s::text[], tags),
  photos = coalesce(%(photos)s::uuid[], photos), area = case when %(with_area)s then %(area)s else area end,
  published = coalesce(%(published)s, published), changed_at = kernel.moment()
where cast_id = %(cast_id)s returning old.photos[1] is distinct from new.photos[1];

-- name: tags
select id, ja, en, category from portfolio.tags order by category, id;

-- name: tags_named
select id, ja, en, category from portfolio.tags where id = any(%(ids)s);

-- name: own_photos
-- Held to the end of the transaction: what is about to be shown is not swept away.
select id from portfolio.photos where owner = %(owner)s and id = any(%(ids)s) for key share;

-- name: photo_count
select count(*) from portfolio.photos where owner = %(owner)s;

-- name: lock_photos
-- One upload of an account at a time is counted.
select pg_advisory_xact_lock(hashtextextended(%(owner)s::text, 7316010));

-- name: add_photo
insert into portfolio.photos (owner, name, width, height, at) values (%(owner)s, %(name)s, %(width)s, %(height)s, kernel.moment()) returning id;

-- name: take_photos
-- All of an account: their names, for whoever deletes the files.
delete from portfolio.photos where owner = %(owner)s returning name;

-- name: set_status
update portfolio.profiles set invisible = coalesce(%(invisible)s, invisible), changed_at = kernel.moment(),
  tonight_until = case when %(tonight)s then portfolio.night_end(kernel.moment()) end
where cast_id = %(cast_id)s returning (select old.tonight_until) as before;

-- name: is_invisible
select invisible from portfolio.profiles where cast_id = %(cast_id)s;

-- name: status
select online, tonight, tonight_until from portfolio.statuses where cast_id = %(cast_id)s;

-- name: followers
select guest, push from portfolio.follows f where cast_id = %(cast_id)s
  and not exists (select from message.public_blocks where account = f.guest and other = f.cast_id);

-- name: take_status_changes
-- Casts whose status is another than was told last; it counts as told now. Whose row another has at this moment is left to that one, or to
-- the next look: who asks may hold one herself, and would wait for somebody who waits for her.
with candidates as (
  select cast_id from portfolio.profiles where shown_online or shown_tonight
  union select cast_id from portfolio.profiles where tonight_until > kernel.moment()
  union select p.cast_id from kernel.presence l join portfolio.profiles p on p.cast_id = l.account where l.until > kernel.moment()),
changed as (
  select p.cast_id, s.online, s.tonight, s.tonight_until
  from candidates c join portfolio.profiles p on p.cast_id = c.cast_id join portfolio.statuses s on s.cast_id = p.cast_id
  where (p.shown_online, p.shown_tonight) is distinct from (s.online, s.tonight)
  for no key update of p skip locked)
update portfolio.profiles p set shown_online = c.online, shown_tonight = c.tonight from changed c where p.cast_id = c.cast_id
returning p.cast_id, c.online, c.tonight, c.tonight_until;

-- name: own_photo
-- Held as `own_photos` holds.
select id, name from portfolio.photos where id = %(id)s and owner = %(owner)s for key share;

-- name: lock_unused_photos
-- Old enough, and shown by nothing as far as can be seen now; not those that somebody is about to show.
select p.id from portfolio.photos p
where p.at < kernel.moment() - make_interval(days => %(days)s) and p.id not in (select unnest(photos) from portfolio.profiles)
  and not exists (select from message.public_photos m where m.id = p.id) and not exists (select from trust.public_photos t where t.id = p.id)
  and not exists (select from identity.public_portraits i where i.account = p.owner and i.id = p.id)
order by p.at limit %(limit)s for update of p skip locked;

-- name: take_unused_photos
-- With their lock held: whoever showed one before that has committed, and is seen here.
delete from portfolio.photos p
where p.id = any(%(ids)s) and p.id not in (select unnest(photos) from portfolio.profiles)
  and not exists (select from message.public_photos m where m.id = p.id) and not exists (select from trust.public_photos t where t.id = p.id)
  and not exists (select from identity.public_portraits i where i.account = p.owner and i.id = p.id)
returning p.name;

-- name: photos_of
select id, name from portfolio.photos where owner = %(owner)s order by at, id;

-- name: drift_portraits
-- The photo that an account is shown with, against the first of its profile.
select format('cast %%s is shown with photo %%s, her profile has %%s first', coalesce(i.account, p.cast_id), i.id, p.photos[1]) as line
from identity.public_portraits i full join (select * from portfolio.profiles where photos[1] is not null) p on p.cast_id = i.account
where i.id is distinct from p.photos[1] and not exists (select from kernel.deliveries q where q.key = coalesce(i.account, p.cast_id)::text)
order by 1;
