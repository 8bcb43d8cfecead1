-- name: moment
select kernel.moment();

-- name: keep_time_zone
update kernel.house set time_zone = %(name)s where time_zone <> %(name)s;

-- name: enqueue
insert into kernel.jobs (kind, payload, run_at, expires_at)
values (%(kind)s, %(payload)s, coalesce(%(run_at)s, kernel.moment()), %(expires_at)s);

-- name: emit
-- Appends events and one delivery for each consumer of their type. The shard of a key is the same as `server.kernel.work.shard` says.
with written as (
  insert into kernel.events (type, key, payload, at)
  select type, key, payload, kernel.moment()
  from unnest(%(types)s::text[], %(keys)s::text[], %(payloads)s::jsonb[]) with ordinality u(type, key, payload, n) order by n
  returning id, type, key)
insert into kernel.deliveries (consumer, key, event, shard, run_at)
select c.consumer, w.key, w.id, crc32(convert_to(w.key, 'UTF8')) %% 16, kernel.moment()
from written w join unnest(%(consumer_types)s::text[], %(consumers)s::text[]) c(type, consumer) on c.type = w.type;

-- name: take_key
-- Waits for a transaction that holds the same key; fails where it is used already (commands_pkey).
insert into kernel.commands (account, key, digest) values (%(account)s, %(key)s, %(digest)s);

-- name: answered
select digest, result from kernel.commands where account = %(account)s and key = %(key)s;

-- name: answer
update kernel.commands set result = %(result)s where account = %(account)s and key = %(key)s;

-- name: due
-- For whom it is worth claiming: one look for all consumers and kinds of job.
select array(select c from unnest(%(consumers)s::text[]) c
    where exists (select from kernel.deliveries where consumer = c and dead_at is null and run_at <= kernel.moment()))
  || array(select k from unnest(%(kinds)s::text[]) k where exists (select from kernel.jobs where kind = k and dead_at is null and run_at <= kernel.moment()));

-- name: claim_deliveries
-- The oldest delivery of each key that is due, locked against other workers until the end of the transaction. The limit is a literal for the plan's sake.
select d.event, d.consumer, d.key, d.attempts, e.type, e.payload,
  exists (select from kernel.deliveries n where n.consumer = d.consumer and n.key = d.key and n.event > d.event) as followed
from kernel.deliveries d join kernel.events e on e.id = d.event
where d.consumer = %(consumer)s and d.shard = any(%(shards)s) and d.dead_at is null and d.run_at <= kernel.moment()
  and not exists (select from kernel.deliveries o where o.consumer = d.consumer and o.key = d.key and o.event < d.event)
order by d.event limit 32
for update of d skip locked;

-- name: delivered
delete from kernel.deliveries where consumer = %(consumer)s and key = %(key)s and event = %(event)s;

-- name: delivery_failed
update kernel.deliveries
set attempts = attempts + 1, error = %(error)s, run_at = kernel.moment() + make_interval(secs => %(delay)s),
    dead_at = case when %(dead)s then kernel.moment() end
where consumer = %(consumer)s and key = %(key)s and event = %(event)s;

-- name: claim_jobs
-- Leases what is due; `attempts` is the fence: whoever comes back with an older number has lost the job.
update kernel.jobs set attempts = attempts + 1, leased_until = kernel.moment() + make_interval(secs => %(lease)s),
       run_at = kernel.moment() + make_interval(secs => %(lease)s)
where id = any(array(
  select id from kernel.jobs where kind = %(kind)s and dead_at is null and run_at <= kernel.moment()
  order by run_at limit 16 for update skip locked))
returning id, kind, payload, attempts, coalesce(expires_at <= kernel.moment(), false) as expired;

-- name: job_done
delete from kernel.jobs where id = %(id)s and attempts = %(attempts)s;

-- name: job_failed
update kernel.jobs set error = %(error)s, leased_until = null, run_at = kernel.moment() + make_interval(secs => %(delay)s),
       dead_at = case when %(dead)s then kernel.moment() end
where id = %(id)s and attempts = %(attempts)s;

-- name: dead_page
select source, handler, id, subject, attempts, error, dead_at from kernel.dead_letters
where %(at)s::timestamptz is null or (dead_at, source, id, handler) > (%(at)s, %(source)s::text, %(id)s::bigint, %(handler)s::text)
order by dead_at, source, id, handler limit %(limit)s;

-- name: replay_delivery
update kernel.deliveries set dead_at = null, attempts = 0, run_at = kernel.moment() where event = %(id)s and consumer = %(handler)s and dead_at is not null;

-- name: replay_job
update kernel.jobs set dead_at = null, attempts = 0, run_at = kernel.moment() where id = %(id)s and kind = %(handler)s and dead_at is not null;

-- name: forget_events
delete from kernel.events e where e.at < kernel.moment() - interval '7 days'
  and not exists (select from kernel.deliveries d where d.event = e.id);

-- name: now_and_epoch
select kernel.moment(), epoch::text from kernel.house;

-- name: present
-- Renews the leases of one process, and forgets those it no longer names.
with gone as (delete from kernel.presence where process = %(process)s and account <> all(%(accounts)s::uuid[]))
insert into kernel.presence (account, process, until)
select a, %(process)s, kernel.moment() + make_interval(secs => %(lease)s) from unnest(%(accounts)s::uuid[]) a
on conflict (account, process) do update set until = excluded.until;

-- name: come_and_go
-- Takes the leases of those who came to a process, and gives up those of who left it.
with gone as (delete from kernel.presence where process = %(process)s and account = any(%(left)s::uuid[]))
insert into kernel.presence (account, process, until)
select a, %(process)s, kernel.moment() + make_interval(secs => %(lease)s) from unnest(%(came)s::uuid[]) a
on conflict (account, process) do update set until = excluded.until;

-- name: unhurried
-- For a connection that only hints: a NOTIFY commits too, and nothing of it need outlive a crash.
set synchronous_commit to off;

-- name: notify
select pg_notify(%(channel)s, %(payload)s);

-- name: listen
listen fuuro;

-- name: one_instant
set transaction isolation level repeatable read, read only;

-- name: general_plans
-- No statement is planned for its values, as PostgreSQL does five times on each new connection.
set local plan_cache_mode = force_generic_plan;

-- name: plans_by_index
-- A plan stays while its tables grow: where they are still small, reading them whole looks cheaper than any index.
set local enable_seqscan = off;

-- name: deliveries_waiting
select count(*) from kernel.deliveries where dead_at is null;

-- name: jobs_waiting
select count(*) from kernel.jobs where dead_at is null;

-- name: dead_count
select count(*) from kernel.dead_letters;

-- name: record_deed
insert into kernel.audit (at, by, action, subject, details) values (kernel.moment(), %(by)s, %(action)s, %(subject)s, %(details)s);

-- name: deeds
select id, at, by, action, subject, details from kernel.audit
where %(before)s::bigint is null or id < %(before)s order by id desc limit %(limit)s;

-- name: drift_deliveries
-- What nobody will deliver: dead letters, deliveries to a consumer that does not hear of their event, jobs that nobody runs.
select format('%%s:%%s:%%s is dead after %%s tries: %%s', source, handler, id, attempts, error) as line from kernel.dead_letters
union all
select format('delivery:%%s:%%s: nobody of that name hears of %%s', d.consumer, d.event, e.type)
from kernel.deliveries d join kernel.events e on e.id = d.event
where d.dead_at is null and not exists (
  select from unnest(%(consumers)s::text[], %(types)s::text[]) known(consumer, type) where known.consumer = d.consumer and known.type = e.type)
union all
select format('job:%%s:%%s: nobody runs this kind', j.kind, j.id) from kernel.jobs j where j.dead_at is null and j.kind <> all(%(kinds)s::text[])
order by line;
