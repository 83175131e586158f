-- What logging in needs beside the user's row: codes for a lost second factor, and a memory of
-- failures. Failures are kept by keyed hash of what was typed, known login or not: the answer must not
-- tell which logins exist, and people do type their password into the login field.

create table recovery_code (
    user_id int not null references app_user,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);

create table login_throttle (
    key bytea primary key,
    -- Failures beyond this lock, a minute at first, twice as long each time, an hour at most.
    threshold int not null,
    -- One failure is forgotten in this many seconds.
    leak_seconds int not null,
    failures int not null,
    last_at timestamptz not null default now(),
    locked_until timestamptz
);
create index login_throttle_age on login_throttle (last_at);

create index session_expiry on session (expires_at);
create index approval_decided on approval (kind, decided_at desc) where state <> 'pending';
