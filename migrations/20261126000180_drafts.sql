-- What was typed and not sent outlives the page, the session and the machine: it is kept here rather than
-- in the browser, where whoever sits down next could read it. Sealed with the deployment's secret, for one
-- person, and forgotten after thirty days.
create table form_draft (
    user_id int not null references app_user,
    form text not null,
    subject text not null,
    sealed bytea not null,
    changed_at timestamptz not null default now(),
    primary key (user_id, form, subject)
);
create index form_draft_age on form_draft (changed_at);
