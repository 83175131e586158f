//! A small named bank for tests: head office HO; branches EAST and WEST; sub-branches E1, E2 and W1.
//!
//! Sequences start far apart, so that one kind of id in place of another finds nothing.

use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{Actor, Bank, Keys, MIGRATOR, summary, tokens};

/// A migrated bank and the people in it. Users (and their staff): `alice` and `bo` manage in E1,
/// `wang` in W1; `east` heads branch EAST, `west` WEST; `boss` is the executive; `admin`, `security`
/// and `auditor` are the officers. All share [`World::PASSWORD`].
pub struct World {
    pub bank: Bank,
    /// The owner's pool, for arranging and inspecting what the application may not touch.
    pub owner: PgPool,
}

impl World {
    pub const PASSWORD: &str = "correct horse battery staple";

    /// Migrates the empty database of a test and fills it.
    ///
    /// # Panics
    /// When the database is not empty: a test's own mistake.
    pub async fn new(owner: PgPool) -> World {
        MIGRATOR.run(&owner).await.expect("migrations run on an empty database");
        let world = sqlx::raw_sql(WORLD).execute(&owner).await;
        world.expect("the world fits the schema");
        // As the bank itself connects.
        let options = owner.connect_options().as_ref().clone().options([("role", "guanhu_app"), ("jit", "off")]);
        let pool = PgPoolOptions::new().max_connections(8).connect_lazy_with(options);
        let bank = Bank::over(pool, Keys::derive(b"only for tests, and long enough to be a secret"));
        tokens::rebuild::run(&bank).await.expect("nobody's tokens are old");
        World { bank, owner }
    }

    /// The actor behind a login of the world.
    pub async fn actor(&self, login: &str) -> Actor {
        Actor::by_login(&self.bank, login).await.expect("the login is in the world")
    }

    /// A customer of a unit, led by the manager of this staff code (or in the pool), with one current
    /// account holding `yuan`. Returns the customer's key.
    pub async fn customer(&self, name: &str, unit: &str, lead: Option<&str>, yuan: i64) -> i64 {
        let mut conn = self.owner.acquire().await.expect("a connection");
        let id: i64 = sqlx::query_scalar(
            "insert into customer (kind, org_id, name, opened_on) select 'personal', org_id, $1, date '2020-05-01' from org_unit where code = $2 returning customer_id",
        )
        .bind(name)
        .bind(unit)
        .fetch_one(&mut *conn)
        .await
        .expect("the unit exists");
        let account_no = format!("6222{id:012}");
        sqlx::query(
            "insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
             select $1, $2, $3, p.product_id, c.org_id, 'current', 'CNY', $4, date '2020-05-01'
             from customer c, product p where c.customer_id = $1 and p.code = 'CUR'",
        )
        .bind(id)
        .bind(&account_no)
        .bind(self.bank.keys().hash(&account_no))
        .bind(yuan * 100)
        .execute(&mut *conn)
        .await
        .expect("an account");
        if let Some(lead) = lead {
            sqlx::query("insert into assignment (customer_id, staff_id, role, valid) select $1, staff_id, 'lead', '[2024-01-01,)' from staff where code = $2")
                .bind(id)
                .bind(lead)
                .execute(&mut *conn)
                .await
                .expect("the manager exists");
        }
        summary::refresh(&mut conn, &[id]).await.expect("a summary");
        id
    }

    /// Returns as soon as a transaction of this bank waits for a lock that another holds.
    pub async fn until_somebody_waits(&self) {
        let waits = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&self.owner).await.expect("the statistics of this server") {
            tokio::task::yield_now().await;
        }
    }
}

/// `password_hash` is filled by the verbs' own hashing where a test logs in.
const WORLD: &str = "
insert into bank (name, business_date) values ('试验银行', date '2026-03-31');
alter sequence customer_id_seq restart with 700000;
alter sequence account_id_seq restart with 5000000;
alter sequence item_id_seq restart with 90000000;
alter table org_unit alter column org_id restart with 100;
alter table staff alter column staff_id restart with 2000;
alter table app_user alter column user_id restart with 30000;
alter table product alter column product_id restart with 400;
insert into org_unit (code, name, kind, parent_id, path) values ('HO', '总行', 'head_office', null, '{100}');
insert into org_unit (code, name, kind, parent_id, path) values ('EAST', '城东分行', 'branch', 100, '{100,101}'), ('WEST', '城西分行', 'branch', 100, '{100,102}');
insert into org_unit (code, name, kind, parent_id, path) values ('E1', '城东一支行', 'sub_branch', 101, '{100,101,103}'), ('E2', '城东二支行', 'sub_branch', 101, '{100,101,104}'), ('W1', '城西一支行', 'sub_branch', 102, '{100,102,105}');
insert into staff (code, name, org_id, is_manager) values ('M-ALICE', '爱丽', 103, true), ('M-BO', '薄文', 103, true), ('M-WANG', '王旺', 105, true);
insert into app_user (login, name, role, org_id, staff_id, password_hash) values
    ('alice', '爱丽', 'manager', 103, 2000, ''), ('bo', '薄文', 'manager', 103, 2001, ''), ('wang', '王旺', 'manager', 105, 2002, ''),
    ('east', '董行', 'branch_manager', 101, null, ''), ('west', '席行', 'branch_manager', 102, null, ''),
    ('boss', '总裁', 'executive', 100, null, ''), ('admin', '管理', 'administrator', 100, null, ''),
    ('security', '安全', 'security_officer', 100, null, ''), ('auditor', '审计', 'auditor', 100, null, '');
insert into product (code, name, name_en, category) values ('CUR', '活期存款', 'Current account', 'current'), ('TRM', '定期存款', 'Term deposit', 'term'),
    ('LOAN', '个人贷款', 'Personal loan', 'loan'), ('WEALTH', '稳健理财', 'Steady wealth', 'wealth');
insert into tier_scheme (code, customer_kind, name, name_en) values ('personal', 'personal', '个人客户分层', 'Personal tiers');
insert into tier (scheme_id, code, rank, name, name_en, mark) select scheme_id, 'gold', 2, '金卡', 'Gold', 2 from tier_scheme where code = 'personal';
insert into currency_rate (currency, business_date, rate) values ('USD', date '2026-03-01', 7.1);
";
