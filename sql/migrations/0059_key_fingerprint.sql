-- A house and its secret key belong together: with another key nobody is found by their number again.
alter table kernel.house add column key_fingerprint bytea;
comment on column kernel.house.key_fingerprint is 'Of the secret key, written at the first start and compared at every other; null until then.';
