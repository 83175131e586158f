//! Rows in the binary format of COPY, one buffer per table.
//!
//! Binary, because the database and the generator share the machine: neither prints nor parses
//! forty million numbers and dates.

use super::calendar::Day;

macro_rules! tables {
    ($($table:ident $name:literal $columns:literal;)*) => {
        /// The tables a load fills, with the columns it fills in them, in order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Table { $($table),* }

        impl Table {
            pub const ALL: &'static [Table] = &[$(Table::$table),*];

            pub const fn name(self) -> &'static str {
                match self { $(Table::$table => $name),* }
            }

            pub const fn copy(self) -> &'static str {
                match self { $(Table::$table => concat!("copy ", $name, " (", $columns, ") from stdin (format binary)")),* }
            }
        }
    };
}

tables! {
    Customer "customer" "customer_id, kind, org_id, name, short_name, opened_on, birth_date, sex, nationality, marital_status, education, occupation, employer, annual_income, risk_appetite, established_on, registered_capital, industry, scale, listed_code, credit_rating, employees, business_scope, lineage, created_at, updated_at";
    Identity "customer_identity" "customer_id, identity_id, kind, system, value, value_hash, expires_on, verified, business_date";
    Contact "customer_contact" "customer_id, contact_id, kind, value, value_hash, is_primary, consent, source, business_date";
    Relation "customer_relation" "customer_id, related_id, kind, inverse, percentage, source, business_date";
    Contract "contract" "customer_id, contract_id, contract_no, kind, currency, amount, signed_on, expires_on, status, source, business_date";
    Account "account" "customer_id, account_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, balance_on, limit_amount, rate, opened_on, matures_on, closed_on, status, contract_id, term_months, payment, overdue_days, source, source_key, business_date";
    AccountParty "account_party" "customer_id, account_id, owner_id, role, source";
    AccountYear "account_year" "customer_id, account_id, year, end_balance, average_balance";
    Txn "txn" "customer_id, booked_on, txn_id, account_id, direction, currency, amount, balance_after, kind, purpose, counterparty_bank, counterparty_account, narrative";
    Card "card" "customer_id, card_id, account_id, card_no, kind, issued_on, status, source, source_key, business_date";
    StandingOrder "standing_order" "customer_id, order_id, account_id, to_bank, to_account, currency, amount, purpose, source, business_date";
    Guarantee "guarantee" "customer_id, guarantee_id, contract_id, guarantor_id, kind, description, currency, amount, source, business_date";
    Assignment "assignment" "customer_id, assignment_id, staff_id, role, share, valid, reason, source, created_at";
    CustomerTier "customer_tier" "customer_id, valid, tier_id, reason, created_at";
    CustomerTierDue "customer_tier_due" "customer_id, tier_id, is_up, since";
    CustomerAverage "customer_average" "customer_id, through, averages";
    Activity "activity" "customer_id, activity_id, kind, happened_at, staff_id, summary, outcome, next_step, next_on, created_at";
    Task "task" "customer_id, task_id, title, due_on, owner_staff_id, state, activity_id, created_at, done_at";
    Complaint "complaint" "customer_id, complaint_id, received_at, channel, subject, detail, state, due_on, resolved_at, source, business_date";
    Alert "alert" "customer_id, alert_id, kind, severity, raised_on, evidence";
    Document "document" "customer_id, document_id, kind, title, received_on, expires_on, source, business_date";
    FieldChange "field_change" "customer_id, change_id, field, old_value, new_value, source, changed_at";
    Summary "customer_summary" "customer_id, kind, org_id, name, name_key, tier_id, tier_rank, state, state_since, lead_staff_id, assist_staff_ids, aum, deposits, wealth, loans, aum_previous, accounts, product_ids, last_contact_at, next_due_on, next_maturity_on, open_alerts, completeness, opened_on, birth_date, pooled_since";
    Token "customer_token" "customer_id, token, weight, org_id";
}

const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1i16).to_be_bytes();

/// The rows of one table. Values are written in the order of the table's columns.
pub struct Rows {
    bytes: Vec<u8>,
    count: u64,
}

/// One buffer per table.
pub struct Batch([Rows; Table::ALL.len()]);

impl Default for Batch {
    fn default() -> Batch {
        Batch(std::array::from_fn(|_| Rows { bytes: HEADER.to_vec(), count: 0 }))
    }
}

impl Batch {
    /// Begins a row of this table.
    pub fn row(&mut self, table: Table) -> &mut Rows {
        let rows = &mut self.0[table as usize];
        rows.bytes.extend((columns(table)).to_be_bytes());
        rows.count += 1;
        rows
    }

    /// What COPY is to be sent per table; tables without rows are left out.
    pub fn finish(self) -> Vec<(Table, u64, Vec<u8>)> {
        Table::ALL
            .iter()
            .zip(self.0)
            .filter(|(_, rows)| rows.count > 0)
            .map(|(table, mut rows)| {
                rows.bytes.extend(TRAILER);
                (*table, rows.count, rows.bytes)
            })
            .collect()
    }
}

const fn columns(table: Table) -> i16 {
    let copy = table.copy().as_bytes();
    let (mut at, mut commas) = (0, 0);
    while at < copy.len() {
        if copy[at] == b',' {
            commas += 1;
        }
        at += 1;
    }
    commas + 1
}

const NUMERIC_DECIMALS: u32 = 6;

impl Rows {
    pub fn null(&mut self) -> &mut Self {
        self.bytes.extend((-1i32).to_be_bytes());
        self
    }

    fn sized(&mut self, value: &[u8]) -> &mut Self {
        self.bytes.extend((value.len() as i32).to_be_bytes());
        self.bytes.extend(value);
        self
    }

    /// Null when there is none, else as `write` writes it.
    pub fn opt<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T) -> &mut Self) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.sized(value.as_bytes())
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.sized(value)
    }

    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.sized(&[u8::from(value)])
    }

    pub fn small(&mut self, value: i16) -> &mut Self {
        self.sized(&value.to_be_bytes())
    }

    pub fn int(&mut self, value: i32) -> &mut Self {
        self.sized(&value.to_be_bytes())
    }

    pub fn big(&mut self, value: i64) -> &mut Self {
        self.sized(&value.to_be_bytes())
    }

    pub fn day(&mut self, value: Day) -> &mut Self {
        self.int(value)
    }

    /// Seconds since 2000-01-01 UTC.
    pub fn instant(&mut self, seconds: i64) -> &mut Self {
        self.big(seconds * 1_000_000)
    }

    pub fn json(&mut self, value: &str) -> &mut Self {
        self.bytes.extend((value.len() as i32 + 1).to_be_bytes());
        self.bytes.push(1);
        self.bytes.extend(value.as_bytes());
        self
    }

    /// `[from, to)`, open at the top when `to` is `None`.
    pub fn days(&mut self, from: Day, to: Option<Day>) -> &mut Self {
        const LOWER_INCLUSIVE: u8 = 2;
        const UPPER_INFINITE: u8 = 16;
        match to {
            Some(to) => {
                self.bytes.extend(17i32.to_be_bytes());
                self.bytes.push(LOWER_INCLUSIVE);
                self.int(from).int(to)
            }
            None => {
                self.bytes.extend(9i32.to_be_bytes());
                self.bytes.push(LOWER_INCLUSIVE | UPPER_INFINITE);
                self.int(from)
            }
        }
    }

    /// A numeric of at most six decimals that is not negative, given in millionths.
    pub fn millionths(&mut self, value: i64) -> &mut Self {
        // Groups of four decimal digits with the point between groups: two groups hold six decimals and two zeros.
        let mut rest = value * 100;
        let mut groups = [0i16; 6];
        for group in groups.iter_mut().rev() {
            *group = (rest % 10_000) as i16;
            rest /= 10_000;
        }
        let skip = groups.iter().take(3).take_while(|group| **group == 0).count();
        let groups = &groups[skip..];
        let weight = 3 - skip as i16;
        self.bytes.extend((8 + 2 * groups.len() as i32).to_be_bytes());
        for part in [groups.len() as i16, weight, 0, NUMERIC_DECIMALS as i16] {
            self.bytes.extend(part.to_be_bytes());
        }
        for group in groups {
            self.bytes.extend(group.to_be_bytes());
        }
        self
    }

    pub fn ints(&mut self, values: &[i32]) -> &mut Self {
        const INT4: i32 = 23;
        if values.is_empty() {
            return self.array_head(0, 12, INT4, 0);
        }
        self.array_head(1, 20 + 8 * values.len() as i32, INT4, values.len() as i32);
        for value in values {
            self.int(*value);
        }
        self
    }

    /// Twelve months, null where there was no balance yet.
    pub fn months(&mut self, values: &[Option<i64>; 12]) -> &mut Self {
        const INT8: i32 = 20;
        let present = values.iter().flatten().count() as i32;
        self.array_head(1, 20 + 4 * 12 + 8 * present, INT8, 12);
        for value in values {
            self.opt(*value, Rows::big);
        }
        self
    }

    fn array_head(&mut self, dimensions: i32, size: i32, element: i32, length: i32) -> &mut Self {
        const HAS_NULLS: i32 = 1;
        for part in [size, dimensions, HAS_NULLS, element] {
            self.bytes.extend(part.to_be_bytes());
        }
        if dimensions > 0 {
            self.bytes.extend(length.to_be_bytes());
            self.bytes.extend(1i32.to_be_bytes());
        }
        self
    }
}
