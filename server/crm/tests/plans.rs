//! The statements that people ask all day, planned by the database on a bank large enough to have a choice:
//! whatever scales reads its page through an index, whatever does not shows here as a scan of everything or
//! a sort of everything.
//!
//! The plans are those of the verbs themselves: `auto_explain` tells each one to the client as it runs.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex},
};

use guanhu_crm::{Actor, Bank, Keys, Scope, assignments, contribution, customers, dashboards, groups, targets, testing::World, tokens};
use guanhu_domain::{
    CustomerNo,
    assignments::{TransferFilter, board::CardQuery},
    customers::{CustomerQuery, Sort, TransactionQuery},
    dashboards::{BehindQuery, BoardQuery, Counted, Indicator, Level},
};
use serde_json::Value;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tracing::field::{Field, Visit};
use tracing_subscriber::{Layer, layer::SubscriberExt, registry};

/// Customers of each of three units; a manager leads 200 of them.
const EACH: i64 = 8_000;
/// What a statement may sort: a page of every unit, a portfolio, what a search found. Not the bank.
const SORTED: f64 = 5_000.0;

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Value>>>);

impl<S: tracing::Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() == "sqlx::postgres::notice" {
            event.record(&mut self.clone());
        }
    }
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        if let (true, Some((_, plan))) = (field.name() == "message", value.split_once("plan:\n")) {
            self.0.lock().unwrap().push(serde_json::from_str(plan).unwrap());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// A bank of [`EACH`] customers in each unit, with accounts and a year of transactions.
async fn fill(world: &World) -> i64 {
    let surnames = ["张", "王", "李", "赵", "陈", "刘", "杨", "黄", "周", "吴"];
    let given = ["小伟", "秀英", "建国", "淑兰", "明", "丽华", "志强", "桂英", "海涛", "雪梅", "文", "静"];
    let mut names = Vec::new();
    for at in 0..EACH * 3 {
        let at = at as usize;
        names.push(format!("{}{}{}", surnames[at % 10], given[at / 10 % 12], if at.is_multiple_of(7) { "子" } else { "" }));
    }
    sqlx::raw_sql(
        "insert into staff (code, name, org_id, is_manager)
         select 'P' || n, '经理' || n, (array[103, 104, 105])[n % 3 + 1], true from generate_series(0, 119) n;
         insert into app_user (login, name, role, org_id, staff_id, password_hash)
         select 'p3', name, 'manager', org_id, staff_id, '' from staff where code = 'P3'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let first: i64 = sqlx::query_scalar(
        "with made as (
             insert into customer (kind, org_id, name, opened_on)
             select case when at % 10 = 0 then 'corporate' else 'personal' end, (array[103, 104, 105])[(at % 3 + 1)::int], name, date '2015-01-01' + at::int % 3000
             from unnest($1::text[]) with ordinality as named (name, at) order by at returning customer_id, org_id)
         select min(customer_id) from made",
    )
    .bind(&names)
    .fetch_one(&world.owner)
    .await
    .unwrap();
    let keys: Vec<String> = names.iter().map(|name| tokens::sort_key(name)).collect();
    let (mut owners, mut words) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        for token in tokens::of_names([name.as_str()]) {
            owners.push(first + at as i64);
            words.push(token);
        }
    }
    sqlx::query(
        "insert into customer_summary (customer_id, kind, org_id, name, name_key, lead_staff_id, aum, tier_id, tier_rank, opened_on, last_contact_at, state)
         select c.customer_id, c.kind, c.org_id, c.name, k.key, case when n % 20 > 0 then s.staff_id end,
             abs(hashint8(c.customer_id)) % 100000000, case when n % 10 = 0 then t.tier_id end, case when n % 10 = 0 then 2 else 0 end, c.opened_on,
             case when n % 3 = 0 then now() - make_interval(days => n::int % 400) end,
             (array['prospective', 'valuable', 'dormant', 'leaving'])[(n % 4 + 1)::int]
         from customer c cross join lateral (select c.customer_id - $1 as n) place join unnest($2::text[]) with ordinality k (key, at) on k.at = n + 1
         join staff s on s.code = 'P' || (n % 120) cross join (select tier_id from tier where code = 'gold') t",
    )
    .bind(first)
    .bind(&keys)
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::query(
        "insert into customer_token (customer_id, token, weight, org_id)
         select distinct on (o.id, o.word) o.id, o.word, s.aum, s.org_id from unnest($1::bigint[], $2::text[]) as o (id, word) join customer_summary s on s.customer_id = o.id",
    )
    .bind(&owners)
    .bind(&words)
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::raw_sql(
        "insert into assignment (customer_id, staff_id, role, valid) select customer_id, lead_staff_id, 'lead', '[2024-01-01,)' from customer_summary where lead_staff_id is not null;
         insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
         select customer_id, '6222' || customer_id, sha256(customer_id::text::bytea), 400, org_id, 'current', 'CNY', aum, opened_on from customer_summary;
         select ensure_month((date '2025-04-01' + make_interval(months => m))::date) from generate_series(0, 11) m;",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::raw_sql(
        "insert into txn (customer_id, booked_on, txn_id, account_id, direction, currency, amount)
         select a.customer_id, (date '2025-04-01' + (n * 30 + a.account_id % 28)::int), a.account_id * 12 + n, a.account_id, 'credit', 'CNY', n * 100
         from account a, generate_series(0, 10, 2) n;
         insert into activity (customer_id, kind, happened_at, summary, user_id)
         select customer_id, 'call', now() - make_interval(days => n), '电话', (select user_id from app_user where login = 'p3') from customer_summary, generate_series(1, 3) n",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    sqlx::raw_sql(
        "update customer_summary set pooled_since = date '2026-01-01' + customer_id::int % 60 where lead_staff_id is null;
         insert into parameter (key, value) values ('pool.pick', '{\"per_day\": 5, \"cooldown_days\": 90}') on conflict (key) do update set value = excluded.value;
         with made as (
             insert into transfer (transfer_id, state, role, to_staff_id, reason, effective, org_ids, customers, aum, requested_by, requested_at, done_at, done_on)
             select md5('transfer' || n)::uuid, 'done', 'lead', s.staff_id, '移交', '2026-03-01', array[s.org_id], 1, 0, u.user_id, now() - make_interval(mins => n), now(), '2026-03-01'
             from generate_series(1, 4000) n join staff s on s.code = 'P' || n % 120 join app_user u on u.login = case n % 120 when 3 then 'p3' else 'east' end
             returning transfer_id, to_staff_id, requested_at)
         insert into transfer_item (customer_id, transfer_id, to_staff_id, aum, is_open)
         select (select min(customer_id) from customer) + row_number() over (order by requested_at desc), transfer_id, to_staff_id, 0, false from made;
         insert into customer_group (code, name, kind, owner_id, shared)
         select 'picked', '精选', 'static', user_id, '{manager,branch_manager,executive}' from app_user where login = 'p3';
         insert into customer_group_member (customer_id, group_id)
         select s.customer_id, g.group_id from customer_summary s, customer_group g where g.code = 'picked' and s.customer_id % 100 = 7;
         insert into ftp_curve (currency, valid_from, tenor_months, rate) values ('CNY', '2020-01-01', 12, 1.9);
         insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select customer_id, account_id, 2026, b, b
         from account cross join lateral (select array_fill(balance, array[3]) || array_fill(null::bigint, array[9]) as b) years",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let admin = world.actor("admin").await;
    for month in ["2026-02-01", "2026-03-01"] {
        contribution::close_month(&world.bank, &admin, month.parse().unwrap()).await.unwrap();
    }
    sqlx::raw_sql("vacuum analyze").execute(&world.owner).await.unwrap();
    first
}

struct Plans {
    told: Told,
    /// Rows of the tables that customers own, where there are enough for a choice.
    owned: BTreeMap<String, f64>,
    wrong: String,
}

impl Plans {
    /// Judges the plans that were told since the last time.
    fn judge(&mut self, what: &str) {
        let told = std::mem::take(&mut *self.told.0.lock().unwrap());
        assert!(!told.is_empty(), "{what}: no plan was told");
        for plan in told {
            self.node(what, &plan["Plan"]);
        }
    }

    fn node(&mut self, what: &str, node: &Value) {
        let kind = node["Node Type"].as_str().unwrap_or_default();
        let children = node["Plans"].as_array().cloned().unwrap_or_default();
        let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
        if let Some(table) = node["Relation Name"].as_str()
            && kind.contains("Seq Scan")
            && let Some(rows) = self.owned.get(table)
            && (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops") >= rows * 0.9
        {
            let _ = writeln!(self.wrong, "{what}: reads the whole of {table}");
        }
        if kind == "Sort" {
            let sorted = children.first().map_or(0.0, |child| child["Actual Rows"].as_f64().unwrap_or(0.0));
            if sorted > SORTED {
                let _ = writeln!(self.wrong, "{what}: sorts {sorted} rows by {}", node["Sort Key"]);
            }
        }
        for child in &children {
            self.node(what, child);
        }
    }
}

#[sqlx::test(migrations = false)]
async fn what_is_asked_all_day_is_read_through_an_index(pool: PgPool) {
    let told = Told::default();
    tracing::subscriber::set_global_default(registry().with(told.clone())).unwrap();
    let world = World::new(pool).await;
    let first = fill(&world).await;
    let owned: Vec<(String, f64)> = sqlx::query_as(
        "select r.relname::text, r.reltuples::float8 from pg_class r join pg_attribute a on a.attrelid = r.oid and a.attname = 'customer_id'
         where r.relkind = 'r' and r.relnamespace = 'public'::regnamespace and r.reltuples >= 1000",
    )
    .fetch_all(&world.owner)
    .await
    .unwrap();
    let options = world.owner.connect_options().as_ref().clone().options([
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_analyze", "on"),
        ("auto_explain.log_format", "json"),
        ("auto_explain.log_level", "notice"),
        ("jit", "off"),
        // As the private cluster is set.
        ("random_page_cost", "1.1"),
        ("max_parallel_workers_per_gather", "0"),
        ("role", "guanhu_app"),
    ]);
    let bank = Bank::over(
        PgPoolOptions::new().max_connections(2).connect_lazy_with(options),
        Keys::derive(b"only for tests, and long enough to be a secret"),
    );
    tokens::rebuild::run(&bank).await.unwrap();
    let mut plans = Plans { told, owned: owned.into_iter().collect(), wrong: String::new() };

    for login in ["p3", "east", "boss"] {
        let actor = world.actor(login).await;
        lists(&bank, &actor, &mut plans).await;
        let mine = customers::list(&bank, &actor, &CustomerQuery { limit: Some(1), ..Default::default() }).await.unwrap();
        plans.judge("a list of one");
        one_customer(&bank, &actor, mine.items[0].customer_no, &mut plans).await;
        work(&bank, &actor, &mut plans).await;
        figures(&bank, &actor, &mut plans).await;
    }
    let east = world.actor("east").await;
    assignments::board(&bank, &east, &CardQuery { unit: Some("E1".into()), limit: Some(40), ..Default::default() }).await.unwrap();
    plans.judge("board");
    for column in ["P3", "none"] {
        let query = CardQuery { unit: Some("E1".into()), columns: Some(vec![column.into()]), limit: Some(40), ..Default::default() };
        assignments::cards(&bank, &east, &query).await.unwrap();
        plans.judge("a column of the board");
    }
    assert!(plans.wrong.is_empty(), "of {} customers from {first}:\n{}", EACH * 3, plans.wrong);
}

async fn lists(bank: &Bank, actor: &Actor, plans: &mut Plans) {
    let role = actor.role.code();
    let portfolio = matches!(actor.scope, Scope::Portfolio { .. });
    for sort in Sort::ALL.iter().copied().filter(|sort| portfolio || !sort.is_of_portfolios()) {
        let query = CustomerQuery { sort: Some(sort), ..Default::default() };
        let page = customers::list(bank, actor, &query).await.unwrap();
        plans.judge(&format!("{role}: list by {sort:?}"));
        customers::list(bank, actor, &CustomerQuery { after: page.next, ..query }).await.unwrap();
        plans.judge(&format!("{role}: next page by {sort:?}"));
    }
    let tier = CustomerQuery { tier: vec!["gold".into()], ..Default::default() };
    customers::list(bank, actor, &tier).await.unwrap();
    plans.judge(&format!("{role}: list of a tier"));
    for typed in ["小伟", "zhang", "zxw"] {
        customers::list(bank, actor, &CustomerQuery { q: Some(typed.into()), ..Default::default() }).await.unwrap();
        plans.judge(&format!("{role}: search {typed}"));
    }
}

async fn one_customer(bank: &Bank, actor: &Actor, no: CustomerNo, plans: &mut Plans) {
    let role = actor.role.code();
    customers::view(bank, actor, no).await.unwrap();
    plans.judge(&format!("{role}: one customer"));
    customers::sheet(bank, actor, no).await.unwrap();
    plans.judge(&format!("{role}: the page of one customer"));
    customers::accounts(bank, actor, no).await.unwrap();
    plans.judge(&format!("{role}: accounts"));
    let page = customers::transactions(bank, actor, no, &TransactionQuery { limit: Some(5), ..Default::default() }).await.unwrap();
    plans.judge(&format!("{role}: transactions"));
    customers::transactions(bank, actor, no, &TransactionQuery { limit: Some(5), after: page.next, ..Default::default() }).await.unwrap();
    plans.judge(&format!("{role}: next transactions"));
    customers::timeline(bank, actor, no, &[], None).await.unwrap();
    plans.judge(&format!("{role}: timeline"));
    customers::timeline(bank, actor, no, &["complaint"], None).await.unwrap();
    plans.judge(&format!("{role}: complaints of the timeline"));
}

/// What moves, what waits, and who is in a group.
async fn work(bank: &Bank, actor: &Actor, plans: &mut Plans) {
    let role = actor.role.code();
    let page = assignments::list(bank, actor, TransferFilter::default(), None).await.unwrap();
    plans.judge(&format!("{role}: transfers"));
    if let Some(next) = &page.next {
        assignments::list(bank, actor, TransferFilter::default(), Some(next)).await.unwrap();
        plans.judge(&format!("{role}: next transfers"));
    }
    let waiting = TransferFilter { for_me: true, ..Default::default() };
    assignments::list(bank, actor, waiting, None).await.unwrap();
    plans.judge(&format!("{role}: transfers to be decided"));
    if matches!(actor.scope, Scope::Portfolio { .. }) {
        let pool = assignments::pool(bank, actor, None).await.unwrap();
        assert!(!pool.items.is_empty(), "the pool has somebody");
        plans.judge(&format!("{role}: pool"));
    }
    customers::list(bank, actor, &CustomerQuery { group: Some("picked".into()), ..Default::default() }).await.unwrap();
    plans.judge(&format!("{role}: list of a group"));
    groups::list(bank, actor).await.unwrap();
    plans.judge(&format!("{role}: groups"));
    groups::look(bank, actor, "picked").await.unwrap();
    plans.judge(&format!("{role}: one group"));
}

/// Dashboards and what stands behind their figures.
async fn figures(bank: &Bank, actor: &Actor, plans: &mut Plans) {
    let role = actor.role.code();
    let all = BoardQuery::default();
    let portfolio = matches!(actor.scope, Scope::Portfolio { .. });
    if portfolio {
        dashboards::manager_board(bank, actor, "", &all).await.unwrap();
        plans.judge(&format!("{role}: own dashboard"));
    } else {
        dashboards::bank_board(bank, actor, &all).await.unwrap();
        plans.judge(&format!("{role}: dashboard of the bank"));
        dashboards::products_board(bank, actor, &all).await.unwrap();
        plans.judge(&format!("{role}: dashboard of products"));
        dashboards::value_board(bank, actor, &all).await.unwrap();
        plans.judge(&format!("{role}: dashboard of value"));
        dashboards::manager_board(bank, actor, "P3", &all).await.unwrap();
        plans.judge(&format!("{role}: dashboard of a manager"));
        targets::targets(bank, actor, &all, Indicator::Contribution, None).await.unwrap();
        plans.judge(&format!("{role}: targets"));
    }
    dashboards::managers_board(bank, actor, &all).await.unwrap();
    plans.judge(&format!("{role}: dashboard of managers"));
    for level in [Level::Bank, Level::Unit, Level::Manager, Level::Product, Level::Tier] {
        dashboards::levels(bank, actor, &all, level).await.unwrap();
        plans.judge(&format!("{role}: contribution by {level:?}"));
    }
    for by in [None, Some("tier")] {
        dashboards::adoption(bank, actor, &all, by).await.unwrap();
        plans.judge(&format!("{role}: adoption by {by:?}"));
    }
    for counted in [Counted::All, Counted::Quiet] {
        let query = BehindQuery { counted, ..Default::default() };
        let page = dashboards::behind_board(bank, actor, &query).await.unwrap();
        plans.judge(&format!("{role}: customers behind {counted:?}"));
        if page.next.is_some() {
            dashboards::behind_board(bank, actor, &BehindQuery { after: page.next, ..query }).await.unwrap();
            plans.judge(&format!("{role}: next customers behind {counted:?}"));
        }
    }
}
