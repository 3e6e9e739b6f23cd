-- The Merkle tree over the civic log, its checkpoints, and the keys that sign them (civic-api/src/log).

-- How many records the stored tree covers; older logs are caught up by the next writer.
alter table log_head add column tree_size bigint not null default 0;

-- The complete subtrees above the leaves: `hash` is that of the leaves idx·2^level … (idx+1)·2^level - 1. A leaf's own
-- hash follows from its record.
create table log_nodes (
    level bigint not null,
    idx bigint not null,
    hash text not null,
    constraint log_nodes_pk primary key (level, idx)
);

-- Signed statements of what the log was (C2SP tlog-checkpoint). Never updated, never deleted from.
create table log_checkpoints (
    size bigint not null,
    root text not null,
    note text not null,
    at_us bigint not null,
    constraint log_checkpoints_pk primary key (size)
);

-- The keys that have signed, as C2SP verifier keys.
create table log_keys (
    vkey text not null,
    since_us bigint not null,
    constraint log_keys_pk primary key (vkey)
);

-- How far each durable follower has come.
create table log_cursors (
    name text not null,
    seq bigint not null,
    constraint log_cursors_pk primary key (name)
);

create index log_records_kind_ix on log_records (kind, seq);
create index log_records_at_ix on log_records (at_us);
