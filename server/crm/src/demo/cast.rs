//! Who there is in a block: households of persons, companies and groups, and how they are related.

use std::collections::HashSet;

use guanhu_domain::customers::Kind;

use super::{
    calendar::{Day, year, ymd},
    dice::Dice,
    words::*,
    world::{BLOCK, World},
};

/// A customer being made.
pub struct Member {
    pub id: i64,
    pub ordinal: u64,
    pub unit: usize,
    pub name: String,
    pub short_name: Option<String>,
    pub opened: Day,
    pub part: Part,
    /// Yuan the customer would have with the bank.
    pub wealth: f64,
    pub role: Role,
}

pub enum Part {
    Person(Person),
    Company(Company),
}

/// Why a member is unlike the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Usual,
    /// Known by name only.
    Nothing,
    /// Has one of everything.
    Everything,
    /// Spoken to, but without an account yet.
    Prospect,
    /// The same person as the customer of this ordinal, known to the card system under another number.
    Twin(u64, Likeness),
}

/// What the two records of one person have in common, so that finding them takes more than one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Name and ID paper; the mobile is another one.
    Paper,
    /// ID paper and mobile; the name was written down wrong.
    Misspelt,
    /// Name, birth date and mobile; the card system never saw a paper.
    NoPaper,
}

#[derive(Clone)]
pub struct Person {
    pub male: bool,
    pub born: Day,
    pub age: i32,
    pub married: bool,
    pub occupation: &'static str,
    pub employer: Option<String>,
    /// Yuan a year.
    pub income: f64,
    pub education: &'static str,
    pub risk: i16,
}

pub struct Company {
    pub industry: &'static Industry,
    pub established: Day,
    /// Yuan.
    pub capital: i64,
    pub employees: i32,
    pub scale: &'static str,
    pub rating: Option<&'static str>,
    pub listed: Option<String>,
}

/// `from` IS `kind` OF `to`, by place in the block.
pub struct Link {
    pub from: usize,
    pub to: usize,
    pub kind: &'static str,
    /// Millionths of a per cent.
    pub percentage: Option<i64>,
}

pub struct Cast {
    first: u64,
    pub members: Vec<Member>,
    pub persons: usize,
    pub links: Vec<Link>,
    known: HashSet<(usize, usize, &'static str)>,
}

impl Member {
    pub fn kind(&self) -> Kind {
        match self.part {
            Part::Person(_) => Kind::Personal,
            Part::Company(_) => Kind::Corporate,
        }
    }

    pub fn person(&self) -> Option<&Person> {
        match &self.part {
            Part::Person(person) => Some(person),
            Part::Company(_) => None,
        }
    }
}

impl Cast {
    /// Everybody of a block.
    pub fn of_block(world: &World, block: u64) -> Cast {
        let first = block * BLOCK;
        let count = BLOCK.min(world.customers - first) as usize;
        let persons = (count * 92).div_ceil(100);
        let mut cast = Cast { first, members: Vec::with_capacity(count), persons, links: Vec::new(), known: HashSet::new() };
        let mut dice = world.dice(1, block);
        while cast.members.len() < persons {
            cast.household(world, block, &mut dice);
        }
        let mut dice = world.dice(2, block);
        cast.twins(world, &mut dice);
        cast.companies(world, block, count - persons, &mut dice);
        cast
    }

    /// Each pair is related only once in each way.
    pub fn link(&mut self, from: usize, to: usize, kind: &'static str, percentage: Option<i64>) {
        if from != to && self.known.insert((from, to, kind)) {
            self.links.push(Link { from, to, kind, percentage });
        }
    }

    fn household(&mut self, world: &World, block: u64, dice: &mut Dice) {
        let room = self.persons - self.members.len();
        let role = match (block, self.members.len()) {
            (0, 0) => Role::Nothing,
            (0, 1) => Role::Everything,
            _ if dice.chance(0.02) => Role::Prospect,
            _ => Role::Usual,
        };
        let unit = if matches!(role, Role::Nothing | Role::Everything) { 0 } else { world.unit_for(dice) };
        let (spouse, child, parent) = match role {
            Role::Everything => (true, true, true),
            Role::Usual => match dice.below(100) {
                0..42 => (false, false, false),
                42..68 => (true, false, false),
                68..86 => (true, true, false),
                _ => (true, false, true),
            },
            _ => (false, false, false),
        };
        let age = match role {
            Role::Everything => 45,
            // Parents of grown children, and children of living parents.
            _ if child => dice.range(40, 68),
            _ if parent => dice.range(26, 52),
            _ => (18.0 + 62.0 * dice.unit().powf(1.25)) as i32,
        };
        let male = dice.chance(0.5);
        let surname = *dice.favour(SURNAMES);
        let married = spouse || (age > 27 && dice.chance(0.6));
        let head = self.person(world, dice, unit, surname, male, age, married, role);
        let mut partner = None;
        if spouse && room > 1 {
            let other = *dice.favour(SURNAMES);
            let age = (age + dice.range(-5, 4) * if male { 1 } else { -1 }).clamp(20, 90);
            let with = self.person(world, dice, unit, other, !male, age, true, Role::Usual);
            self.link(head, with, "spouse", None);
            partner = Some(with);
        }
        if child && room > 2 {
            let son = dice.chance(0.52);
            let child_age = (age - dice.range(22, 34)).max(16);
            let surname = if male { surname.to_owned() } else { self.surname(partner.unwrap_or(head)) };
            let young = self.person(world, dice, unit, &surname, son, child_age, false, Role::Usual);
            self.link(head, young, "parent", None);
            if let Some(partner) = partner {
                self.link(partner, young, "parent", None);
            }
        }
        if parent && room > 3 {
            let age = (age + dice.range(23, 32)).min(92);
            let father = dice.chance(0.5);
            let own = if father { surname } else { *dice.favour(SURNAMES) };
            let old = self.person(world, dice, unit, own, father, age, true, Role::Usual);
            self.link(old, head, "parent", None);
            if let Some(partner) = partner {
                self.link(old, partner, "household", None);
            }
        }
    }

    fn surname(&self, of: usize) -> String {
        let name = &self.members[of].name;
        let compound = SURNAMES.iter().find(|surname| surname.chars().count() == 2 && name.starts_with(**surname));
        compound.map_or_else(|| name.chars().take(1).collect(), |surname| (*surname).to_owned())
    }

    fn person(
        &mut self,
        world: &World,
        dice: &mut Dice,
        unit: usize,
        surname: &str,
        male: bool,
        age: i32,
        married: bool,
        role: Role,
    ) -> usize {
        let born = ymd(year(world.business()) - age, dice.range(1, 12) as u32, dice.range(1, 28) as u32);
        let name = format!("{surname}{}", given_name(dice, male, year(born)));
        let possible = |job: &&Occupation| (job.from..=job.to).contains(&age);
        let weight: u32 = OCCUPATIONS.iter().filter(possible).map(|job| job.weight).sum();
        let mut at = dice.below(weight as usize) as u32;
        let job = OCCUPATIONS
            .iter()
            .filter(possible)
            .find(|job| {
                let here = at < job.weight;
                at = at.saturating_sub(job.weight);
                here
            })
            .unwrap_or(&OCCUPATIONS[0]);
        let income = (dice.lognormal(job.income, 0.42) / 1000.0).round() * 1000.0;
        let employer = match job.employer {
            Employer::Public(places) => Some((*dice.pick(places)).to_owned()),
            Employer::Firm | Employer::Own | Employer::None => None,
        };
        let schooling = match job.income {
            income if income > 150_000.0 => dice.range(4, 6),
            income if income > 90_000.0 => dice.range(3, 5),
            _ if age > 60 => dice.range(0, 3),
            _ => dice.range(1, 4),
        };
        // Savings grow with age and income; their spread makes a fifth of the persons own four fifths.
        let years = f64::from((age - 20).clamp(1, 42));
        let means = income.max(14_000.0);
        let wealth = match role {
            Role::Everything => 8_800_000.0,
            Role::Nothing | Role::Prospect => 0.0,
            _ => (means * 0.03 * years.powf(0.85)) * dice.lognormal(1.0, 1.42),
        };
        let risk = match () {
            () if age > 65 => dice.range(1, 2),
            () if wealth > 500_000.0 => dice.range(2, 5),
            () => dice.range(1, 4),
        };
        let adult = ymd(year(born) + 16, 1, 1);
        let earliest = adult.max(world.business() - 365 * 18);
        let opened = match role {
            Role::Prospect => world.business() - dice.range(5, 300),
            Role::Everything => earliest.max(world.business() - 365 * 15),
            // Some came during the window.
            _ if dice.chance(0.12) => world.business() - dice.range(20, 700),
            _ => earliest + ((world.start() - earliest).max(30) as f64 * dice.unit()) as i32,
        };
        let person = Person {
            male,
            born,
            age,
            married,
            occupation: job.name,
            employer,
            income,
            education: EDUCATIONS[schooling as usize],
            risk: risk as i16,
        };
        self.add(world, unit, name, None, opened, Part::Person(person), wealth, role)
    }

    fn add(
        &mut self,
        world: &World,
        unit: usize,
        name: String,
        short_name: Option<String>,
        opened: Day,
        part: Part,
        wealth: f64,
        role: Role,
    ) -> usize {
        let at = self.members.len();
        let ordinal = self.first + at as u64;
        self.members.push(Member {
            id: world.first_customer + ordinal as i64,
            ordinal,
            unit,
            name,
            short_name,
            opened,
            part,
            wealth,
            role,
        });
        at
    }

    /// A few of every block are known twice: once to the core system, once to that of the cards.
    fn twins(&mut self, world: &World, dice: &mut Dice) {
        const LIKENESSES: [Likeness; 3] = [Likeness::Paper, Likeness::Misspelt, Likeness::NoPaper];
        let pairs = if self.persons > 50 { LIKENESSES.len() } else { 0 };
        let mut made = 0;
        // Most throws hit somebody with a family, who stays single.
        for _ in 0..pairs * 40 {
            if made == pairs {
                return;
            }
            let of = 2 + dice.below(self.persons.saturating_sub(3));
            let twin = 2 + dice.below(self.persons.saturating_sub(3));
            let related = self.links.iter().any(|link| link.from == twin || link.to == twin);
            let usual = self.members[of].role == Role::Usual && self.members[twin].role == Role::Usual;
            if of == twin || related || !usual {
                continue;
            }
            let Some(person) = self.members[of].person().cloned() else { continue };
            let (name, ordinal) = (self.members[of].name.clone(), self.members[of].ordinal);
            let likeness = LIKENESSES[made];
            let name = match likeness {
                // Not every name has a character that is easily mistaken.
                Likeness::Misspelt => match misspelt(&name) {
                    Some(other) => other,
                    None => continue,
                },
                Likeness::Paper | Likeness::NoPaper => name,
            };
            made += 1;
            let same = &mut self.members[twin];
            same.name = name;
            same.part = Part::Person(person);
            same.role = Role::Twin(ordinal, likeness);
            same.wealth = dice.lognormal(6_000.0, 0.8);
            same.opened = world.business() - dice.range(60, 2000);
        }
    }

    fn companies(&mut self, world: &World, block: u64, count: usize, dice: &mut Dice) {
        let first = self.members.len();
        for serial in 0..count {
            self.company(world, block, serial, dice);
        }
        let companies: Vec<usize> = (first..first + count).collect();
        // Two groups to a full block; everybody else stands alone.
        let mut alone = companies.as_slice();
        while alone.len() > 6 && companies.len() - alone.len() < companies.len() / 3 {
            let (group, rest) = alone.split_at(dice.range(4, 6) as usize);
            alone = rest;
            self.group(dice, group);
        }
        for company in alone {
            let owner = self.owner(dice, *company, &[]);
            self.owned_by_persons(dice, *company, owner, 100.0);
        }
        self.employ(dice, first, count);
    }

    fn company(&mut self, world: &World, block: u64, serial: usize, dice: &mut Dice) {
        let weight: u32 = INDUSTRIES.iter().map(|industry| industry.weight).sum();
        let mut at = dice.below(weight as usize) as u32;
        let industry = INDUSTRIES
            .iter()
            .find(|industry| {
                let here = at < industry.weight;
                at = at.saturating_sub(industry.weight);
                here
            })
            .unwrap_or(&INDUSTRIES[0]);
        let size = dice.lognormal(industry.size, 1.1);
        let employees = (size * 24.0).clamp(2.0, 12_000.0) as i32;
        let scale = match employees {
            ..20 => "micro",
            20..150 => "small",
            150..700 => "medium",
            _ => "large",
        };
        let long = block == 0 && serial == 1;
        let (name, short_name) = company_name(block * 61 + serial as u64, industry, scale, long, dice);
        let established = world.business() - dice.range(400, 9_000);
        let listed = (scale == "large" && dice.chance(0.2)).then(|| format!("9{:05}", dice.below(100_000)));
        let company = Company {
            industry,
            established,
            capital: ((dice.lognormal(size * 2_500_000.0, 0.7) / 100_000.0).ceil() * 100_000.0) as i64,
            employees,
            scale,
            rating: dice.chance(0.7).then(|| *dice.pick(&["AAA", "AA", "AA", "A", "A", "A", "BBB", "BBB", "BB", "B"])),
            listed,
        };
        let opened = (established + dice.range(10, 900)).min(world.business() - 15);
        let wealth = dice.lognormal(size * 230_000.0, 1.1);
        let unit = world.unit_for(dice);
        self.add(world, unit, name, Some(short_name), opened, Part::Company(company), wealth, Role::Usual);
    }

    /// A parent with subsidiaries, one of which has a subsidiary of its own.
    fn group(&mut self, dice: &mut Dice, members: &[usize]) {
        let [top, daughters @ ..] = members else { return };
        let owner = self.owner(dice, *top, &[]);
        self.owned_by_persons(dice, *top, owner, 100.0);
        let name = self.members[*top].name.replace("有限公司", "集团有限公司").replace("股份集团", "集团股份");
        if name.chars().count() <= 40 {
            self.members[*top].name = name;
        }
        self.members[*top].wealth *= 4.0;
        let mut above = *top;
        for (at, daughter) in daughters.iter().enumerate() {
            // The first three form a chain; the others hang on the parent.
            let holder = if at < 3 { above } else { *top };
            above = *daughter;
            let share = f64::from(dice.range(51, 100));
            self.link(holder, *daughter, "shareholder", Some(millionths(share)));
            let head = self.owner(dice, *daughter, &[owner]);
            self.link(head, *daughter, "legal_representative", None);
            self.link(owner, *daughter, "actual_controller", None);
            if share < 100.0 {
                self.link(head, *daughter, "shareholder", Some(millionths(100.0 - share)));
            }
            self.link(*daughter, *top, "group_member", None);
        }
    }

    /// A grown person who runs this company.
    fn owner(&mut self, dice: &mut Dice, company: usize, but: &[usize]) -> usize {
        let mut owner = 1.min(self.persons - 1);
        if company != self.persons || self.persons < 3 {
            for _ in 0..20 {
                owner = dice.below(self.persons);
                let fits = self.members[owner].person().is_some_and(|person| (28..=72).contains(&person.age));
                if fits && matches!(self.members[owner].role, Role::Usual | Role::Everything) && !but.contains(&owner) {
                    break;
                }
            }
        }
        let employer = self.members[company].name.clone();
        let member = &mut self.members[owner];
        let grand = member.role != Role::Everything;
        if let Part::Person(person) = &mut member.part {
            person.occupation = "企业主";
            person.employer = Some(employer);
            if grand && member.role == Role::Usual {
                person.income = person.income.max(180_000.0);
                member.wealth = member.wealth.max(60_000.0) * 1.3;
            }
        }
        owner
    }

    fn owned_by_persons(&mut self, dice: &mut Dice, company: usize, owner: usize, whole: f64) {
        self.link(owner, company, "legal_representative", None);
        let others = dice.below(3);
        let share = if others == 0 { whole } else { f64::from(dice.range(40, 80)) };
        self.link(owner, company, "shareholder", Some(millionths(share)));
        if share > 50.0 {
            self.link(owner, company, "actual_controller", None);
        }
        let mut rest = whole - share;
        for last in (0..others).rev() {
            let other = dice.below(self.persons);
            let adult = self.members[other].person().is_some_and(|person| person.age >= 22);
            if !adult || other == owner || matches!(self.members[other].role, Role::Nothing | Role::Twin(..)) {
                continue;
            }
            // An odd share with decimals now and then.
            let part = if last == 0 { rest } else { (rest * 0.55 * 100.0).round() / 100.0 };
            self.link(other, company, "shareholder", Some(millionths(part)));
            rest -= part;
        }
    }

    /// Those who work for a firm mostly work for one of the bank's customers.
    fn employ(&mut self, dice: &mut Dice, first: usize, count: usize) {
        for at in 0..self.persons {
            let Some(person) = self.members[at].person() else { continue };
            let firm = OCCUPATIONS.iter().any(|job| job.name == person.occupation && job.employer == Employer::Firm);
            if !firm || person.employer.is_some() {
                continue;
            }
            let keeps_books = person.occupation == "财务人员";
            let employer = if count > 0 && dice.chance(0.6) {
                let company = first + ((dice.unit() * dice.unit()) * count as f64) as usize;
                if dice.chance(0.3) {
                    self.link(company, at, "employer", None);
                }
                if keeps_books {
                    self.link(at, company, "key_person", None);
                }
                self.members[company].name.clone()
            } else {
                let industry = dice.pick(INDUSTRIES);
                format!("{}{}{}有限公司", dice.pick(COMPANY_FIRST), dice.pick(COMPANY_SECOND), dice.pick(industry.words))
            };
            if let Part::Person(person) = &mut self.members[at].part {
                person.employer = Some(employer);
            }
        }
    }
}

fn millionths(percent: f64) -> i64 {
    (percent * 100.0).round() as i64 * 10_000
}

/// A given name of the time. Also used for the staff.
pub fn given_name(dice: &mut Dice, male: bool, born: i32) -> String {
    let era = ERAS.iter().find(|era| born < era.until).unwrap_or(&ERAS[0]);
    let own = if male { era.male } else { era.female };
    let mut name = String::from(if dice.chance(0.12) { *dice.pick(era.either) } else { *dice.pick(own) });
    if !dice.chance(era.single) {
        let second = if dice.chance(0.2) { *dice.pick(era.either) } else { *dice.pick(own) };
        if dice.chance(0.96) || second != name {
            name.push_str(second);
        }
    }
    name
}

fn company_name(serial: u64, industry: &Industry, scale: &str, long: bool, dice: &mut Dice) -> (String, String) {
    let firsts = COMPANY_FIRST.len() as u64;
    let seconds = COMPANY_SECOND.len() as u64;
    let pair = serial.wrapping_mul(7919) % (firsts * seconds);
    let mut brand = format!("{}{}", COMPANY_FIRST[(pair % firsts) as usize], COMPANY_SECOND[(pair / firsts) as usize]);
    // When the pairs are used up, brands grow a third character.
    let round = serial / (firsts * seconds);
    if round > 0 {
        brand.push_str(COMPANY_SECOND[(round % seconds) as usize]);
    }
    let word = *dice.pick(industry.words);
    let short = format!("{brand}{word}");
    if long {
        let name = format!(
            "临江市高新技术产业开发区{brand}国际{word}研究开发与技术成果转化推广应用中心（有限合伙）暨长三角区域协同创新示范基地联合管理委员会办公室"
        );
        let name: String = name.chars().take(60).collect();
        return (name, short);
    }
    let place = *dice.pick(&["临江市", "临江市", "临江", "江南省", ""]);
    let form = if scale == "large" && dice.chance(0.5) { "股份有限公司" } else { "有限公司" };
    (format!("{place}{short}{form}"), short)
}

/// The name with its last character taken for one that sounds alike.
fn misspelt(name: &str) -> Option<String> {
    let last = name.chars().last()?;
    let (_, alike) = SOUND_ALIKE.iter().find(|(right, _)| *right == last)?;
    Some(name.chars().take(name.chars().count() - 1).chain([*alike]).collect())
}
