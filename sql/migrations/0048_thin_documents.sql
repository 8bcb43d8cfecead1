-- Texts of documents are read for few casts and filters for all: the texts go out of line, so that a page holds seventy casts instead of five.
alter table portfolio.search_documents alter column plain set storage external, alter column latin set storage external,
  alter column tags set storage main;
alter table portfolio.search_documents set (toast_tuple_target = 128);
drop index portfolio.search_documents_grams;
drop index portfolio.search_documents_tags;
update portfolio.search_documents set published = published;
create index search_documents_grams on portfolio.search_documents using gin (grams) with (fastupdate = off);
create index search_documents_tags on portfolio.search_documents using gin (tags) with (fastupdate = off);

-- Who is not there is a small set; what costs little is found by its price.
create index accounts_absent on identity.accounts (id) where ends_at is not null or suspended_until is not null;
drop index identity.accounts_suspended;
create index plans_price on offer.plans (amount, cast_id) where not archived and currency = 'JPY';
create index profiles_invisible on portfolio.profiles (cast_id) where invisible;
