-- Whoever looks each second for what has changed reads rooms, not the entries of the last minute. A summary of each page (BRIN) keeps updates of a room
-- on their page, as an index of every row would not.
create index rooms_changed on message.rooms using brin (changed_at) with (pages_per_range = 1, autosummarize = on);
drop index message.entries_at;

-- New statistics, and every vacuum, make each connection plan each of its statements anew. Of these tables all that is hot goes by a key, and nothing that
-- statistics could say would change its plan: so they are looked through when much has changed, not when a young table has grown by a tenth.
alter table booking.reservations set (autovacuum_analyze_threshold = 20000, autovacuum_vacuum_threshold = 5000, fillfactor = 80);
alter table booking.steps set (autovacuum_analyze_threshold = 20000, autovacuum_vacuum_insert_threshold = 20000);
alter table kernel.commands set (autovacuum_analyze_threshold = 20000, autovacuum_vacuum_threshold = 5000, fillfactor = 70);
alter table kernel.events set (autovacuum_analyze_threshold = 20000, autovacuum_vacuum_insert_threshold = 20000);
alter table kernel.deliveries set (autovacuum_analyze_threshold = 20000);
alter table message.entries set (autovacuum_analyze_threshold = 50000);
alter table message.rooms set (autovacuum_analyze_threshold = 50000, autovacuum_vacuum_threshold = 5000);
alter table offer.calendars set (autovacuum_analyze_threshold = 20000, autovacuum_vacuum_threshold = 2000, fillfactor = 70);

comment on column offer.calendars.version is 'Rises with whatever may change what is free, once until that has been told.';

-- A look at entries is at 3,000 of them, not at 30,000: in a house where much is said one began as the last had ended, each a quarter of a second of a core.
-- How many rooms they are in, which so few cannot tell, is said here: a hundred entries to a room.
alter table message.entries alter room set statistics 10, alter seq set statistics 10, alter at set statistics 10, alter by set statistics 10,
  alter kind set statistics 10, alter key set statistics 0, alter body set statistics 0, alter target set statistics 10, alter reservation set statistics 10,
  alter event set statistics 10, alter more set statistics 0, alter deleted set statistics 10, alter room set (n_distinct = -0.01);
alter index message.entries_photo alter column 1 set statistics 0;
