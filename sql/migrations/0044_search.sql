-- What one looks for in one's own rooms: single letters and pairs of them, since a trigram index does not help with two characters.
create extension if not exists btree_gin;

create table message.words (
  room uuid not null references message.rooms (id),
  seq bigint not null,
  grams text[] not null,
  primary key (room, seq)
);
create index words_grams on message.words using gin (room, grams);
comment on table message.words is 'Made by a job out of entries, apart from them so that sending costs nothing more. It may lag: what lies beyond message.indexed is looked through as it is, and every hit is compared with the present text.';

create table message.indexed (
  room uuid primary key references message.rooms (id),
  upto bigint not null
);
