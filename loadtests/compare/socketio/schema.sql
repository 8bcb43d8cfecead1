-- One row a message, as a chat on Socket.IO usually keeps it.
create table line (
    id bigint generated always as identity primary key,
    room text not null,
    author text not null,
    body text not null,
    written_at timestamptz not null default now()
);
