-- A house that has grown: `rooms` in all, with `entries` spread evenly over them, those that speak included. Words are marked as
-- indexed: their index would be built beside the measurement, in a grown house long before it.
insert into identity.accounts (role, display_name, birth_date)
  select role, role || ' ' || n, '1990-01-01' from generate_series(1, greatest(1, ceil(sqrt(%(rooms)s - (select count(*) from message.rooms))))::int) n, unnest(array['cast', 'guest']) role;

insert into message.rooms (cast_id, guest_id)
  select c.id, g.id from identity.accounts c, identity.accounts g
  where c.role = 'cast' and g.role = 'guest' and c.display_name like 'cast %%' and g.display_name like 'guest %%'
  limit %(rooms)s - (select count(*) from message.rooms);

insert into message.entries (room, seq, at, by, kind, key, body)
  select r.id, seq, kernel.moment() - interval '90 days' + seq * interval '7 minutes', case when seq %% 2 = 0 then r.cast_id else r.guest_id end, 'text',
    gen_random_uuid(), '今夜は静かです。九時ごろお待ちしています ' || seq
  from message.rooms r, generate_series(1, %(entries)s / %(rooms)s) seq;

update message.rooms set head = %(entries)s / %(rooms)s;

insert into message.positions (room, account, read)
  select r.id, m.account, r.head from message.rooms r, lateral (values (r.cast_id), (r.guest_id)) m(account) on conflict do nothing;

insert into message.indexed (room, upto) select id, head from message.rooms on conflict do nothing;
