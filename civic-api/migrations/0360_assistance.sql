-- Acting with a resident who is present (civic-api/src/assistance): who did it, with whom, for what, from when to when.

-- Personal: rows are erased with the resident's account, and after three years. The civic log names what happened by
-- `begun_act`, `ended_act` and `assistance_acts.id`, which stand nowhere else.
create table assistances (
    id text not null,
    -- `null`: the worker has erased their account.
    worker_id text,
    resident_id text not null,
    -- The worker's session: when it ends, this ends.
    session_id text not null,
    purpose text not null,
    -- Which kind of document was seen; nothing of what stands in it.
    document text not null,
    -- Of which eldership the counter is.
    eldership text not null,
    begun_us bigint not null,
    -- When it ends by itself.
    until_us bigint not null,
    ended_us bigint,
    ended_how text,
    begun_act text not null,
    ended_act text,
    constraint assistances_pk primary key (id),
    constraint assistances_worker_fk foreign key (worker_id) references accounts (id) on delete set null,
    constraint assistances_resident_fk foreign key (resident_id) references accounts (id) on delete cascade
);

-- A worker acts with one resident at a time, and a resident with one worker.
create unique index assistances_worker_uq on assistances (worker_id) where ended_us is null;
create unique index assistances_resident_uq on assistances (resident_id) where ended_us is null;
create index assistances_worker_ix on assistances (worker_id, begun_us);
create index assistances_resident_ix on assistances (resident_id, begun_us);

create table assistance_acts (
    id text not null,
    assistance_id text not null,
    act text not null,
    at_us bigint not null,
    constraint assistance_acts_pk primary key (id),
    constraint assistance_acts_fk foreign key (assistance_id) references assistances (id) on delete cascade
);

create index assistance_acts_ix on assistance_acts (assistance_id, at_us);

insert into locks (name)
values ('assistances');
