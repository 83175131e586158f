-- Rules for customers that a feed brings for the first time and that nobody leads: the first that fits says who
-- gets them. Saved as a whole: `version` counts the savings, so that two who change them at once do not lose each
-- other's work. Where turns have come to is kept with the rule.

create table newcomer_version (
    one boolean primary key default true check (one),
    version int not null
);
insert into newcomer_version (version) values (0);

create table newcomer_rule (
    place int primary key,
    org_id int references org_unit,
    kind text check (kind in ('personal', 'corporate')),
    tier_id int references tier,
    sharing text not null check (sharing in ('room', 'turns', 'pool')),
    -- Empty: all managers of the customer's own unit.
    staff_ids int[] not null default '{}',
    -- Whoever had the last turn, one for each unit where all managers of the unit take turns.
    turns jsonb not null default '{}'
);
