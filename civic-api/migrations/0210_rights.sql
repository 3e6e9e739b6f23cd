-- Unlinkable rights (civic-api/src/tokens): blind-signed one-use tokens. The issuing and the spending side share no
-- column: who was given a token is known to the one, which token was spent to the other, and no time to either.

-- One key for each right, published in the log. `sealed` is the private key, encrypted; empty once the right is closed.
create table rights (
    id text not null,
    subject text not null,
    public_key text not null,
    key_sha256 text not null,
    sealed text not null,
    constraint rights_pk primary key (id),
    constraint rights_key_uq unique (key_sha256)
);

-- The issuing side: one blind signature for each account and right. The digest is that of what was signed, which the
-- browser's blinding makes random: with it the same request gets the same answer after a break, and no other does.
create table token_issues (
    right_id text not null,
    account_id text not null,
    blinded_sha256 text not null,
    -- The blind signature. Without what only the browser knows it says nothing of the token.
    signature text not null,
    constraint token_issues_pk primary key (right_id, account_id),
    constraint token_issues_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

-- The spending side.
create table token_spends (
    key_sha256 text not null,
    token_sha256 text not null,
    constraint token_spends_pk primary key (token_sha256)
);

create index token_spends_key_ix on token_spends (key_sha256);
