-- How somebody in a call was identified, so that the replay says beside a name what the call said. Only beside a name: of an
-- anonymous seat, whether it was taken by right.

alter table presences add column identified_by text;
alter table presences add column identified_level text;
alter table presences add column verified bigint not null default 0;
