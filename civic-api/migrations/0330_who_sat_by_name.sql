-- Whose the names beside seats are, so that erasing an account takes them too. Only of people who sat under their own name:
-- an anonymous seat, or one taken by token, has nothing here.
alter table presences add column account_id text
    constraint presences_account_fk references accounts (id) on delete set null;

create index presences_account_ix on presences (account_id);

-- How sure the sign-in was that began a session: what others see beside the name. Sessions from before say nothing.
alter table sessions add column assurance text;
