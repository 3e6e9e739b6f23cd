-- Who was given a right and then erased their account: until the right closes, so that whoever comes back gets no second one.

create table rights_given (
    right_id text not null,
    -- SHA-256 of the right and of one of the person's keyed digests: it says nothing of another right.
    person_sha256 text not null,
    constraint rights_given_pk primary key (right_id, person_sha256)
);
