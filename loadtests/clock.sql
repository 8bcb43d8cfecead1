-- A clock that a load test can move, in its own database alone: what the house takes for now is the machine's time and `shift`.
create table kernel.test_clock (shift interval not null);
insert into kernel.test_clock values ('0');
create or replace function kernel.moment() returns timestamptz language sql volatile as
  'select clock_timestamp() + shift from kernel.test_clock';
