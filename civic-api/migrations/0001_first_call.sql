-- The bones: the civic log, accounts and sessions, receptions and their recordings.
-- One subset for SQLite and PostgreSQL: text for ids (UUIDv7) and words, bigint for whole numbers, times in µs since
-- the Unix epoch (`…_us`) and truth values (0/1). Constraint names are ours: error messages and code rely on them.

-- The civic log (civic-api/src/log). Never updated, never deleted from.
create table log_records (
    seq bigint not null,
    stream text not null,
    stream_seq bigint not null,
    at_us bigint not null,
    kind text not null,
    actor_role text not null,
    subject text not null,
    payload text not null,
    previous_hash text not null,
    hash text not null,
    constraint log_records_pk primary key (seq),
    constraint log_records_stream_uq unique (stream, stream_seq)
);

-- One row: where the log ends. Whoever appends updates it first, so appends happen one after another.
create table log_head (
    id bigint not null,
    seq bigint not null,
    hash text not null,
    constraint log_head_pk primary key (id),
    constraint log_head_one_ck check (id = 1)
);

insert into log_head (id, seq, hash)
values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- People the city knows. Personal: rows are erased on request and when the demonstration city is removed.
create table accounts (
    id text not null,
    name text not null,
    role text not null,
    -- What the person is, as shown under the name: a faction, a department.
    office text,
    -- How the person was identified.
    method text not null,
    -- Set on the fictional people of the demonstration city only.
    demo_key text,
    created_us bigint not null,
    constraint accounts_pk primary key (id),
    constraint accounts_demo_key_uq unique (demo_key)
);

-- Who is signed in. The cookie's value is not here, only its SHA-256.
create table sessions (
    token_sha256 text not null,
    account_id text not null,
    created_us bigint not null,
    expires_us bigint not null,
    constraint sessions_pk primary key (token_sha256),
    constraint sessions_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

create index sessions_account_ix on sessions (account_id);
create index sessions_expires_ix on sessions (expires_us);

-- Receptions.
create table conferences (
    id text not null,
    title text not null,
    topic text not null,
    host_id text not null,
    starts_us bigint not null,
    ends_us bigint not null,
    minutes_per_resident bigint not null,
    status text not null,
    recorded bigint not null,
    retention_days bigint not null,
    audience text not null,
    opened_us bigint,
    ended_us bigint,
    -- Random: with it, who reads the log can check the announcement against its digest there.
    salt text not null,
    -- Set on rows of the demonstration city, and on what its people create.
    demo_key text,
    created_us bigint not null,
    constraint conferences_pk primary key (id),
    constraint conferences_host_fk foreign key (host_id) references accounts (id),
    constraint conferences_demo_key_uq unique (demo_key),
    constraint conferences_status_ck check (status in ('announced', 'open', 'ended')),
    constraint conferences_audience_ck check (audience in ('anyone', 'identified')),
    constraint conferences_recorded_ck check (recorded in (0, 1))
);

create index conferences_host_ix on conferences (host_id);
create index conferences_status_ix on conferences (status, starts_us);

-- Recordings of receptions. The media lie in a folder named by the id.
create table recordings (
    id text not null,
    conference_id text not null,
    state text not null,
    started_us bigint not null,
    stopped_us bigint,
    finished_us bigint,
    duration_ms bigint,
    size_bytes bigint,
    manifest_sha256 text,
    fault text,
    constraint recordings_pk primary key (id),
    constraint recordings_conference_fk foreign key (conference_id) references conferences (id) on delete cascade,
    constraint recordings_state_ck check (state in ('running', 'stopped', 'failed', 'finished'))
);

create index recordings_conference_ix on recordings (conference_id);
create index recordings_finished_ix on recordings (finished_us);

-- Who sat where in a room: the only place where a seat number meets a name. Personal: rows are erased with the
-- recording's time, on request, and with the demonstration city; log and media keep only numbers.
create table presences (
    id text not null,
    conference_id text not null,
    seat bigint not null,
    participant bigint not null,
    name text,
    anonymous bigint,
    host bigint not null,
    joined_us bigint not null,
    left_us bigint,
    constraint presences_pk primary key (id),
    constraint presences_conference_fk foreign key (conference_id) references conferences (id) on delete cascade,
    constraint presences_label_ck check (name is null or anonymous is null)
);

create index presences_conference_ix on presences (conference_id, left_us);

-- Whose tracks are in which recording.
create table recording_presences (
    recording_id text not null,
    presence_id text not null,
    constraint recording_presences_pk primary key (recording_id, presence_id),
    constraint recording_presences_recording_fk
        foreign key (recording_id) references recordings (id) on delete cascade,
    constraint recording_presences_presence_fk
        foreign key (presence_id) references presences (id) on delete cascade
);

create index recording_presences_presence_ix on recording_presences (presence_id);

-- Rows to wait for: who must be alone with something updates its row first.
create table locks (
    name text not null,
    constraint locks_pk primary key (name)
);

insert into locks (name)
values ('demo');
