-- Who wants nothing to do with whom. What follows from it is asked of the view, by whoever shows or sends anything.
create table message.blocks (
  by uuid not null,
  account uuid not null,
  at timestamptz not null,
  primary key (by, account),
  constraint blocks_of_two check (by <> account)
);
create index blocks_account on message.blocks (account);

create view message.public_blocks as
  select by as account, account as other from message.blocks union all select account, by from message.blocks;
comment on view message.public_blocks is 'Both ways, whoever set it: where (account, other) stands, neither sees or hears of the other. Ask with exists: a pair may stand twice.';

alter table message.rooms add column blocked boolean not null default false;
comment on column message.rooms.blocked is 'Whether one of the two has blocked the other: what message.append looks at. block.add and block.remove keep it, under the lock of the pair.';
