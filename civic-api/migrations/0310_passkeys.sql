-- Passkeys (WebAuthn): the second factor of whoever holds an office.

create table passkeys (
    id text not null,
    account_id text not null,
    -- As the authenticator calls it, base64url.
    credential_id text not null,
    -- COSE_Key, base64url.
    public_key text not null,
    -- How often it has signed, if the authenticator counts.
    sign_count bigint not null,
    -- 1: it may be kept in a cloud (the flag BE, which never changes).
    backup_eligible bigint not null,
    -- What its owner calls it.
    name text not null,
    created_us bigint not null,
    used_us bigint,
    constraint passkeys_pk primary key (id),
    constraint passkeys_credential_uq unique (credential_id),
    constraint passkeys_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

create index passkeys_account_ix on passkeys (account_id);

-- What an authenticator is asked to sign: one for each session and purpose, minutes long, taken once.
create table passkey_challenges (
    session_sha256 text not null,
    purpose text not null,
    account_id text not null,
    challenge_sha256 text not null,
    expires_us bigint not null,
    constraint passkey_challenges_pk primary key (session_sha256, purpose),
    constraint passkey_challenges_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

-- One-time codes for who has lost their keys; only digests of them.
create table recovery_codes (
    account_id text not null,
    code_sha256 text not null,
    spent_us bigint,
    constraint recovery_codes_pk primary key (account_id, code_sha256),
    constraint recovery_codes_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

-- Wrong codes of an account lately.
create table recovery_tries (
    account_id text not null,
    wrong bigint not null,
    until_us bigint not null,
    constraint recovery_tries_pk primary key (account_id),
    constraint recovery_tries_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

-- What was shown in a session besides who one is, and when: `passkey`, `recovery`.
alter table sessions add column factor text;
alter table sessions add column factor_us bigint;
