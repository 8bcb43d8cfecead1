-- Who is free is asked of many casts at once now, and what that is made of stands in FROM: a line for each.
drop function if exists offer.public_is_free(uuid, timestamptz, timestamptz, bigint);
drop function if exists offer.working(uuid, timestamptz, timestamptz);
drop function if exists offer.taken(uuid, timestamptz, timestamptz);
drop function if exists offer.starts_within(tstzmultirange, tstzrange[], int, int, int, timestamptz, timestamptz);
