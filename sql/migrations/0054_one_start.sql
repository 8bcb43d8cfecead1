-- Whether one start is possible is asked by a statement of its own now; what is asked of many excepts nobody.
drop function if exists offer.starts(uuid, int, int, int, timestamptz, timestamptz, uuid);
drop function if exists offer.taken(uuid, timestamptz, timestamptz, uuid);
