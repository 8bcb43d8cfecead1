-- Photos that nothing shows any more leave the house: what shows one must be found quickly.
create index entries_photo on message.entries (((more->'photo'->>'id')::uuid)) where kind = 'photo' and more ? 'photo';
create index reports_photo on trust.reports (((evidence->'more'->'photo'->>'id')::uuid)) where kind = 'entry' and evidence->'more' ? 'photo';
drop view if exists portfolio.public_photos;
