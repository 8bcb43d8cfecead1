-- An account is shown with the first photo of its profile: a copy, kept by what Portfolio tells of it.
alter table identity.accounts add column photo jsonb, add constraint accounts_faceless check (erased_at is null or photo is null);
update identity.accounts a set photo = jsonb_build_object('id', f.id, 'sizes',
  (select jsonb_object_agg(w, format('/photos/%s-%s.webp', f.name, w)) from unnest(array[320, 720, 1080]) w))
from portfolio.profiles p join portfolio.photos f on f.id = p.photos[1] where p.cast_id = a.id;
create index reports_portrait on trust.reports (((evidence->'photo'->>'id')::uuid)) where kind = 'account' and evidence ? 'photo';
drop view if exists message.cards;
