-- name: clock_as_it_is
select pg_get_functiondef('kernel.moment()'::regprocedure);

-- name: clock_of_this_transaction
-- Seen by nobody else: the definition is put back before the commit.
create or replace function kernel.moment() returns timestamptz language sql volatile as
  $$ select clock_timestamp() + current_setting('fuuro.demo')::interval $$;

-- name: set_clock
select set_config('fuuro.demo', (%(at)s::timestamptz - clock_timestamp())::text, true);
