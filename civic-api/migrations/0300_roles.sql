-- Roles: who was given what, where, by whom and why; and what of it was taken away again (civic-api/src/roles).

-- Personal: rows are erased with the account. The civic log names a change by `given_act` and `taken_act`, which stand
-- nowhere else.
create table role_grants (
    id text not null,
    account_id text not null,
    role text not null,
    -- `city`, a part of the system, or `conference/<id>`.
    scope text not null,
    given_us bigint not null,
    -- `null`: the operator at the machine, or somebody who has erased their account.
    given_by text,
    given_reason text not null,
    given_act text,
    taken_us bigint,
    taken_by text,
    taken_reason text,
    taken_act text,
    constraint role_grants_pk primary key (id),
    constraint role_grants_account_fk foreign key (account_id) references accounts (id) on delete cascade,
    constraint role_grants_given_fk foreign key (given_by) references accounts (id) on delete set null,
    constraint role_grants_taken_fk foreign key (taken_by) references accounts (id) on delete set null
);

-- Nobody has the same role for the same thing twice at a time.
create unique index role_grants_current_uq on role_grants (account_id, role, scope) where taken_us is null;
create index role_grants_role_ix on role_grants (role, taken_us);

-- Who had a role before roles were given has it from the beginning.
insert into role_grants (id, account_id, role, scope, given_us, given_reason)
select id, id, role, 'city', created_us, ''
  from accounts
 where role <> 'resident';

-- A name as it is searched: small letters without marks. `null`: not made yet; it is made before the next search.
alter table accounts add column name_key text;
create index accounts_name_ix on accounts (name_key, id);

insert into locks (name)
values ('roles');
