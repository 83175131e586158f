//! One block of customers, from who they are to their search tokens.

use std::collections::HashMap;

use super::{
    cast::{Cast, Member, Part, Role},
    estate::Estate,
    rows::{Batch, Table},
    world::World,
};

/// Adds the rows of a block. Depends on nothing but the world and the number of the block.
pub fn make(world: &World, block: u64, batch: &mut Batch) {
    let mut cast = Cast::of_block(world, block);
    let mut dice = world.dice(4, block);
    let owners = owners(&cast);
    for at in 0..cast.members.len() {
        let guarantor = match owners.get(&at) {
            Some(owner) => *owner,
            None => dice.below(cast.persons),
        };
        let stands_in = &cast.members[guarantor];
        let can = guarantor != at && matches!(stands_in.role, Role::Usual) && stands_in.person().is_some_and(|person| person.age >= 25);
        let guarantor = can.then_some((guarantor, stands_in.id));
        if customer(world, &cast.members[at], guarantor.map(|(_, id)| id), batch)
            && let Some((guarantor, _)) = guarantor
        {
            cast.link(guarantor, at, "guarantor", None);
        }
    }
    shared_accounts(world, &cast, batch);
    relations(world, &cast, batch);
}

/// Says whether the guarantor was taken up.
fn customer(world: &World, member: &Member, guarantor: Option<i64>, batch: &mut Batch) -> bool {
    let mut estate = Estate::new(world, batch, member.id, member.ordinal, member.unit, member.opened, member.role);
    let filled = estate.profile(member);
    let known = estate.contacts(member);
    let mut guaranteed = false;
    if !matches!(member.role, Role::Nothing | Role::Prospect) {
        guaranteed = match &member.part {
            Part::Person(person) => estate.person(person, member.wealth, matches!(member.role, Role::Twin(..)), guarantor),
            Part::Company(company) => estate.company(company, member.wealth, guarantor),
        };
    }
    estate.papers(member, &filled);
    let charge = estate.assign(member);
    let mut served = estate.service(member, &charge);
    let totals = estate.totals();
    served.open_alerts = estate.alerts(totals.aum(), totals.previous, totals.leaving());
    let tier = estate.tiers(member.kind());
    estate.summary(member, &totals, tier, &charge, &served, &filled, known);
    guaranteed
}

/// Who runs each company.
fn owners(cast: &Cast) -> HashMap<usize, usize> {
    cast.links.iter().filter(|link| link.kind == "legal_representative").map(|link| (link.to, link.from)).collect()
}

/// Some couples use one another's account: the first account a person opened.
fn shared_accounts(world: &World, cast: &Cast, batch: &mut Batch) {
    for link in cast.links.iter().filter(|link| link.kind == "spouse") {
        let (owner, user) = (&cast.members[link.from], &cast.members[link.to]);
        let shares = (owner.role == Role::Usual && owner.ordinal % 12 == 0) || owner.role == Role::Everything;
        if shares && user.role == Role::Usual {
            let account = world.first_account + owner.ordinal as i64 * super::world::ACCOUNTS_EACH;
            batch.row(Table::AccountParty).big(user.id).big(account).big(owner.id).text("user").text("core");
        }
    }
}

/// Both ends of every link.
fn relations(world: &World, cast: &Cast, batch: &mut Batch) {
    for link in &cast.links {
        let (from, to) = (cast.members[link.from].id, cast.members[link.to].id);
        let source = if matches!(link.kind, "guarantor" | "shareholder" | "actual_controller") { "credit" } else { "core" };
        for (own, other, inverse) in [(from, to, false), (to, from, true)] {
            batch
                .row(Table::Relation)
                .big(own)
                .big(other)
                .text(link.kind)
                .bool(inverse)
                .opt(link.percentage, |row, percentage| row.millionths(percentage))
                .text(source)
                .day(world.business());
        }
    }
}
