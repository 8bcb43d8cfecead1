-- name: is_cast
select true from identity.public_accounts where id = %(cast_id)s and role = 'cast';

-- name: is_open_to
-- A cast, but none that is leaving, or that the account has blocked or was blocked by: such a one is not there.
select true from identity.public_accounts a where a.id = %(cast_id)s and a.role = 'cast' and not a.leaving
  and not exists (select from message.public_blocks where account = %(account)s and other = a.id);

-- name: follow
insert into portfolio.follows (guest, cast_id, push, since) values (%(guest)s, %(cast_id)s, %(push)s, kernel.moment())
on conflict (guest, cast_id) do update set push = excluded.push;

-- name: unfollow
delete from portfolio.follows where guest = %(guest)s and cast_id = %(cast_id)s;

-- name: casts
select id, role, display_name from identity.public_accounts where role = 'cast' and (%(after)s::uuid is null or id > %(after)s) order by id limit %(limit)s;

-- name: cast
select id, role, display_name from identity.public_accounts where role = 'cast' and id = %(cast_id)s;

-- name: following
select true from portfolio.follows where guest = %(guest)s and cast_id = %(cast_id)s;

-- name: followed_by
select cast_id as cast, push, since from portfolio.follows where guest = %(guest)s order by since, cast_id;

-- name: forget_follows
delete from portfolio.follows where guest = %(account)s or cast_id = %(account)s;
