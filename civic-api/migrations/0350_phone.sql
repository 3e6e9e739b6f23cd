-- Signing in at a terminal by confirming on one's own phone (civic-api/src/identity/phone).

-- One row for each code that a terminal shows: minutes long, of one browser, used once.
create table phone_sign_ins (
    -- Digest of the secret that the terminal's browser keeps in a cookie.
    browser_sha256 text not null,
    -- Digest of the code that the terminal shows.
    code_sha256 text not null,
    -- The number that the terminal shows, and the three among which the phone lets choose.
    number bigint not null,
    numbers text not null,
    -- The kind of device that asks: `chrome/linux`.
    device text,
    -- The page to which the terminal returns.
    back text not null,
    -- `waiting`, `confirmed`, `refused`.
    state text not null,
    -- Who has confirmed, and how the session was begun in which they did.
    account_id text,
    provider text,
    assurance text,
    begun_us bigint not null,
    expires_us bigint not null,
    constraint phone_sign_ins_pk primary key (browser_sha256),
    constraint phone_sign_ins_code_uq unique (code_sha256),
    constraint phone_sign_ins_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

create index phone_sign_ins_account_ix on phone_sign_ins (account_id);

insert into locks (name)
values ('phone_sign_ins');

-- Until when, at most, a terminal's session lasts; `null`: no terminal's. `expires_us` of such a one slides up to it.
alter table sessions add column terminal_until_us bigint;
