-- Where residents live (civic-api/src/residence): what they say of themselves, and what the population register says.

-- What someone has said. Erased with the account.
create table residence_declarations (
    account_id text not null,
    eldership text not null,
    declared_us bigint not null,
    constraint residence_declarations_pk primary key (account_id),
    constraint residence_declarations_account_fk foreign key (account_id) references accounts (id) on delete cascade
);

-- The newest extract of the register. No personal code is here, only its digest under the server's key: the same one as in
-- `identities`, so who lives where is found when both meet.
create table residence_register (
    digest text not null,
    eldership text not null,
    constraint residence_register_pk primary key (digest)
);

-- One row, once something was imported: of which day the extract is.
create table residence_extract (
    id bigint not null,
    extract_on text not null,
    imported_us bigint not null,
    constraint residence_extract_pk primary key (id),
    constraint residence_extract_one_ck check (id = 1)
);

-- A reception may be for the residents of one eldership.
alter table conferences add column eldership text;

insert into locks (name)
values ('residents');
