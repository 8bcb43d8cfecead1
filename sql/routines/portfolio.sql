-- Who follows whom; a cast may write first only to a follower.
create or replace view portfolio.public_follows as select guest, cast_id, push from portfolio.follows;
