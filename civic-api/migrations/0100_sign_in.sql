-- Identification: how people came, sign-ins under way, and what was done with an account.

-- How an account's person can prove who they are. No personal code is here, only its digest under the server's key.
create table identities (
    id text not null,
    account_id text not null,
    provider text not null,
    -- `code`: a digest of the personal code; `subject`: of the provider's own name for the person.
    kind text not null,
    digest text not null,
    assurance text not null,
    first_us bigint not null,
    last_us bigint not null,
    constraint identities_pk primary key (id),
    constraint identities_digest_uq unique (digest),
    constraint identities_account_fk foreign key (account_id) references accounts (id) on delete cascade,
    constraint identities_kind_ck check (kind in ('code', 'subject'))
);

create index identities_account_ix on identities (account_id);

-- Sign-ins under way: minutes long, each taken once.
create table sign_ins (
    state_sha256 text not null,
    browser_sha256 text not null,
    provider text not null,
    -- Set when someone who is signed in adds another way of signing in.
    account_id text,
    back text not null,
    -- What the provider's adapter must remember.
    kept text not null,
    -- What the provider's page has posted, until the browser comes for it.
    arrived text,
    expires_us bigint not null,
    constraint sign_ins_pk primary key (state_sha256),
    constraint sign_ins_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

create index sign_ins_expires_ix on sign_ins (expires_us);

-- Which records of the civic log tell of which account: the only tie between the two, erased with the account.
create table account_acts (
    id text not null,
    account_id text not null,
    kind text not null,
    provider text,
    at_us bigint not null,
    constraint account_acts_pk primary key (id),
    constraint account_acts_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

create index account_acts_account_ix on account_acts (account_id, at_us);

-- A session has a name that may be shown, the way it was begun by, and the kind of device.
alter table sessions add column id text;
alter table sessions add column provider text;
alter table sessions add column device text;

insert into locks (name)
values ('identities');
