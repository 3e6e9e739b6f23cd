-- The audit: who did what when, by account ids and codes; no names, no addresses (civic-api/src/audit). The id of an
-- account that was erased names nobody.
create table audit (
    id text not null,
    at_us bigint not null,
    kind text not null,
    actor_id text,
    subject_id text,
    -- The role that was given or taken, the route's pattern that refused, or nothing.
    what text,
    -- Where the role counts, or the request's method.
    place text,
    -- Why it was refused.
    code text,
    -- How many times within the minute.
    times bigint not null,
    constraint audit_pk primary key (id)
);

create index audit_at_ix on audit (at_us, id);
create index audit_kind_ix on audit (kind, at_us);
create index audit_actor_ix on audit (actor_id, at_us);
create index audit_subject_ix on audit (subject_id, at_us);
