//! What is known of a customer: the profile, identities, contacts, documents, and who changed what.

use super::{
    calendar::Day,
    cast::{Likeness, Member, Part, Role},
    dice::Dice,
    estate::Estate,
    ledger::iso,
    numbers,
    rows::Table,
    words::*,
};

/// Of what completeness counts beside the profile itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    pub identity: bool,
    pub phone: bool,
    pub address: bool,
}

/// The profile fields that have a value, by the names of the catalogue.
pub type Filled = Vec<&'static str>;

impl Estate<'_> {
    /// Writes the customer and returns which fields are filled in.
    pub fn profile(&mut self, member: &Member) -> Filled {
        let world = self.world;
        let bare = matches!(member.role, Role::Nothing | Role::Prospect);
        let known = opened(member);
        let created = i64::from(known.unwrap_or(world.start())) * 86_400;
        let mut filled = vec!["name"];
        let row = {
            // A value the bank happens not to have.
            let mut gap = |probability: f64| bare || self.dice.chance(probability);
            match &member.part {
                Part::Person(person) => {
                    let appetite = (!gap(0.2)).then_some(person.risk);
                    let education = (!gap(0.15)).then_some(person.education);
                    let married = (!gap(0.1)).then_some(if person.married { "married" } else { "single" });
                    let occupation = (!gap(0.06)).then_some(person.occupation);
                    let income = (!gap(0.12) && person.income > 0.0).then_some(person.income as i64 * 100);
                    let employer = person.employer.as_deref().filter(|_| !bare);
                    Values { appetite, education, married, occupation, income, employer, ..Values::default() }
                }
                Part::Company(company) => Values {
                    scale: (!gap(0.05)).then_some(company.scale),
                    employees: (!gap(0.1)).then_some(company.employees),
                    scope: (!gap(0.15)).then_some(company.industry.scope),
                    ..Values::default()
                },
            }
        };
        let lineage = self.lineage(member, &row);
        let customer = self.journal.batch.row(Table::Customer);
        customer
            .big(member.id)
            .text(member.kind().code())
            .int(world.units[member.unit].org_id)
            .text(&member.name)
            .opt(member.short_name.as_deref(), |row, name| row.text(name))
            .opt(known, |row, on| row.day(on));
        match &member.part {
            Part::Person(person) => {
                let full = (!bare).then_some(person);
                customer
                    .opt(full, |row, person| row.day(person.born))
                    .opt(full, |row, person| row.text(if person.male { "male" } else { "female" }))
                    .opt(full, |row, _| row.text("CN"))
                    .opt(row.married, |out, code| out.text(code))
                    .opt(row.education, |out, code| out.text(code))
                    .opt(row.occupation, |out, name| out.text(name))
                    .opt(row.employer, |out, name| out.text(name))
                    .opt(row.income, |out, income| out.big(income))
                    .opt(row.appetite, |out, risk| out.small(risk));
                for _ in 0..8 {
                    customer.null();
                }
                if full.is_some() {
                    filled.extend(["birth_date", "sex", "nationality"]);
                }
                filled.extend(row.married.map(|_| "marital_status"));
                filled.extend(row.education.map(|_| "education"));
                filled.extend(row.occupation.map(|_| "occupation"));
                filled.extend(row.employer.map(|_| "employer"));
                filled.extend(row.income.map(|_| "annual_income"));
                filled.extend(row.appetite.map(|_| "risk_appetite"));
            }
            Part::Company(company) => {
                for _ in 0..9 {
                    customer.null();
                }
                customer
                    .day(company.established)
                    .big(company.capital * 100)
                    .text(company.industry.code)
                    .opt(row.scale, |out, code| out.text(code))
                    .opt(company.listed.as_deref(), |out, code| out.text(code))
                    .opt(company.rating, |out, code| out.text(code))
                    .opt(row.employees, |out, count| out.int(count))
                    .opt(row.scope, |out, scope| out.text(scope));
                filled.extend(["short_name", "established_on", "registered_capital", "industry"]);
                filled.extend(row.scale.map(|_| "scale"));
                filled.extend(company.listed.as_ref().map(|_| "listed_code"));
                filled.extend(company.rating.map(|_| "credit_rating"));
                filled.extend(row.employees.map(|_| "employees"));
                filled.extend(row.scope.map(|_| "business_scope"));
            }
        }
        customer.json(&lineage).instant(created).instant(i64::from(world.business()) * 86_400);
        filled
    }

    /// Which system each value came from: the customer's own under `*`, for all that no other brought.
    fn lineage(&self, member: &Member, row: &Values) -> String {
        let on = &self.world.as_of;
        let (listed, rated) = match &member.part {
            Part::Company(company) => (company.listed.is_some(), company.rating.is_some()),
            Part::Person(_) => (false, false),
        };
        let elsewhere = [
            ("occupation", "credit", row.occupation.is_some()),
            ("employer", "credit", row.employer.is_some()),
            ("annual_income", "credit", row.income.is_some()),
            ("scale", "credit", row.scale.is_some()),
            ("employees", "credit", row.employees.is_some()),
            ("credit_rating", "credit", rated),
            ("risk_appetite", "wealth", row.appetite.is_some()),
            ("listed_code", "business_registry", listed),
            ("business_scope", "business_registry", row.scope.is_some()),
        ];
        let mut json = format!("{{\"*\":{{\"source\":\"{}\",\"business_date\":\"{on}\"}}", self.source);
        // The card system keeps its own notes.
        let others = elsewhere.iter().filter(|(_, _, there)| *there && self.source == "core");
        for (field, source, _) in others {
            json.push_str(&format!(",\"{field}\":{{\"source\":\"{source}\",\"business_date\":\"{on}\"}}"));
        }
        json.push('}');
        json
    }

    /// Papers, source keys, telephones and addresses.
    pub fn contacts(&mut self, member: &Member) -> Known {
        let mut known = Known::default();
        if member.role == Role::Nothing {
            return known;
        }
        let business = self.world.business();
        let (same, likeness) = match member.role {
            Role::Twin(of, likeness) => (of, Some(likeness)),
            _ => (member.ordinal, None),
        };
        let prospect = member.role == Role::Prospect;
        let source = self.source;
        if !prospect && likeness != Some(Likeness::NoPaper) {
            known.identity = true;
            match &member.part {
                Part::Person(person) => {
                    let number = numbers::id_card(same, person.born, person.male);
                    let expires = self.dice.range(-200, 5000);
                    self.identity("id_card", source, &number, Some(business + expires), self.opened < business - 30);
                    if self.has(0.03) {
                        let number = format!("E{:08}", member.ordinal % 100_000_000);
                        let expires = self.dice.range(50, 3600);
                        self.identity("passport", source, &number, Some(business + expires), true);
                    }
                }
                Part::Company(_) => self.identity("uscc", source, &numbers::uscc(member.ordinal), None, true),
            }
        }
        match member.role {
            Role::Twin(..) => self.identity("source_key", "card", &format!("K{:010}", member.ordinal + 1), None, true),
            Role::Prospect => {}
            _ => {
                self.identity("source_key", "core", &format!("C{:010}", member.ordinal + 1), None, true);
                if self.dice.chance(0.35) {
                    let system = *self.dice.pick(&["credit", "card", "wealth"]);
                    self.identity(
                        "source_key",
                        system,
                        &format!("{}{:010}", &system[..2].to_ascii_uppercase(), member.ordinal + 1),
                        None,
                        true,
                    );
                }
            }
        }
        // By its mobile a twin is recognised, unless by its paper.
        if prospect || likeness.is_some() || self.has(0.97) {
            known.phone = true;
            let number = match (&member.part, self.dice.chance(0.3)) {
                (Part::Company(_), true) => ("phone", format!("0999-{:08}", 60_000_000 + member.ordinal % 9_000_000)),
                _ if likeness == Some(Likeness::Paper) => ("mobile", numbers::mobile(member.ordinal)),
                _ => ("mobile", numbers::mobile(same)),
            };
            let consent = self.consent();
            self.contact(number.0, &number.1, true, consent);
        }
        if !prospect && self.has(0.86) {
            known.address = true;
            let address = address(&mut self.dice, self.world.units[member.unit].district, member.person().is_some());
            self.contact("address", &address, true, None);
        }
        let company = member.person().is_none();
        if !prospect && self.has(if company { 0.5 } else { 0.3 }) {
            let consent = self.consent();
            let name = if company { "office" } else { "mail" };
            self.contact("email", &format!("{name}{}@example.com", member.ordinal + 1), false, consent);
        }
        if company && self.has(0.3) {
            self.contact("website", &format!("https://www.example.com/{}", member.ordinal + 1), false, None);
        }
        known
    }

    fn consent(&mut self) -> Option<bool> {
        match self.dice.below(10) {
            0..6 => Some(true),
            6..8 => Some(false),
            _ => None,
        }
    }

    fn identity(&mut self, kind: &str, system: &str, value: &str, expires: Option<Day>, verified: bool) {
        let id = self.item();
        let (customer, hash, on) = (self.journal.customer, self.world.keys.hash(value), self.world.business());
        self.journal
            .batch
            .row(Table::Identity)
            .big(customer)
            .big(id)
            .text(kind)
            .text(system)
            .text(value)
            .bytes(&hash)
            .opt(expires, |row, on| row.day(on))
            .bool(verified)
            .day(on);
    }

    fn contact(&mut self, kind: &str, value: &str, primary: bool, consent: Option<bool>) {
        let id = self.item();
        let (customer, hash, on) = (self.journal.customer, self.world.keys.hash(value), self.world.business());
        self.journal
            .batch
            .row(Table::Contact)
            .big(customer)
            .big(id)
            .text(kind)
            .text(value)
            .bytes(&hash)
            .bool(primary)
            .opt(consent, |row, consent| row.bool(consent))
            .text(self.source)
            .day(on);
    }

    /// Papers on file, and a field that was once corrected.
    pub fn papers(&mut self, member: &Member, filled: &Filled) {
        if matches!(member.role, Role::Nothing | Role::Prospect) {
            return;
        }
        let business = self.world.business();
        let (kind, title, chance) = match member.part {
            Part::Person(_) => ("id_card", "身份证复印件", 0.35),
            Part::Company(_) => ("business_licence", "营业执照副本", 0.9),
        };
        if self.has(chance) {
            let expires = self.dice.range(-100, 4000);
            self.document(kind, title, self.opened, Some(business + expires));
        }
        if self.held.iter().any(|held| held.category == "loan") {
            self.document("loan_contract", "借款合同", self.opened, None);
            let seen = business - self.dice.range(20, 500);
            self.document("income_proof", "收入证明", seen.max(self.opened), None);
        }
        if self.held.iter().any(|held| matches!(held.category, "wealth" | "fund")) {
            let seen = business - self.dice.range(0, 500);
            self.document("risk_assessment", "风险承受能力评估问卷", seen.max(self.opened), Some(seen + 365));
        }
        if self.has(0.02) {
            let id = self.item();
            let (customer, on) = (self.journal.customer, business - self.dice.range(2, 600));
            let (field, old, new) = match &member.part {
                Part::Person(person) if person.occupation == "学生" => ("occupation", "自由职业者", person.occupation),
                Part::Person(person) => ("occupation", "学生", person.occupation),
                Part::Company(company) if company.scale == "micro" => ("scale", "small", company.scale),
                Part::Company(company) => ("scale", "micro", company.scale),
            };
            if filled.contains(&field) {
                // Whoever the value comes from is who corrected it.
                let by = if self.source == "core" { "credit" } else { self.source };
                self.journal
                    .batch
                    .row(Table::FieldChange)
                    .big(customer)
                    .big(id)
                    .text(field)
                    .json(&format!("\"{old}\""))
                    .json(&format!("\"{new}\""))
                    .text(by)
                    .instant(i64::from(on.max(self.opened)) * 86_400 + 7_200);
            }
        }
    }

    fn document(&mut self, kind: &str, title: &str, received: Day, expires: Option<Day>) {
        let id = self.item();
        let customer = self.journal.customer;
        self.journal
            .batch
            .row(Table::Document)
            .big(customer)
            .big(id)
            .text(kind)
            .text(title)
            .day(received)
            .opt(expires, |row, on| row.day(on))
            .text(self.source)
            .day(self.world.business());
    }
}

/// When the bank first heard of the customer; it does not know of one with nothing.
pub fn opened(member: &Member) -> Option<Day> {
    (member.role != Role::Nothing).then_some(member.opened)
}

#[derive(Default)]
struct Values<'a> {
    appetite: Option<i16>,
    education: Option<&'static str>,
    married: Option<&'static str>,
    occupation: Option<&'static str>,
    income: Option<i64>,
    employer: Option<&'a str>,
    scale: Option<&'static str>,
    employees: Option<i32>,
    scope: Option<&'static str>,
}

fn address(dice: &mut Dice, district: &str, home: bool) -> String {
    let street = format!("{}{}", dice.pick(STREET_FIRST), dice.pick(STREET_LAST));
    let number = dice.range(1, 480);
    if home {
        let estate = dice.pick(ESTATES);
        let (house, floor, door) = (dice.range(1, 28), dice.range(1, 26), dice.range(1, 4));
        format!("临江市{district}{street}{number}号{estate}{house}栋{floor}0{door}室")
    } else {
        let floor = dice.range(2, 30);
        format!("临江市{district}{street}{number}号{floor}层")
    }
}

/// A day as evidence and reasons quote it.
pub fn quoted(day: Day) -> String {
    format!("\"{}\"", iso(day))
}
