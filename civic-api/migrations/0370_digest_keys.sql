-- The key of the digests of personal codes can be changed: for a while there are two, and each row says under which one it is. Empty: the
-- first one, which comes from secret.key.
alter table identities add column digest_key text not null default '';
-- The same digest under the key before, while that one is kept: rights given to the erased are known by it.
alter table identities add column digest_before text;
alter table residence_register add column digest_key text not null default '';
