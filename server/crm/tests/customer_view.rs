//! What the page of a customer shows, to whom, and what it hides.

use guanhu_crm::{contribution, customers, summary, testing::World};
use guanhu_domain::{
    Code, CustomerNo,
    customers::{Customer360, RelationKind, RevealKind, RevealRequest, TransactionQuery},
};
use sqlx::{AssertSqlSafe, PgPool};

/// Of everything something; `$1` is the customer, `$2` a spouse, `$3` a company elsewhere, `$4` its owner.
const EVERYTHING: &str = "
with hash as (select '\\x00'::bytea as none)
, a as (insert into customer_identity (customer_id, kind, value, value_hash) select $1, 'id_card', '110101199003071234', none from hash)
, b as (insert into customer_identity (customer_id, kind, system, value, value_hash) select $1, 'source_key', 'core', 'C-77', none from hash)
, c as (insert into customer_contact (customer_id, kind, value, value_hash, is_primary) select $1, 'mobile', '13800001234', none, true from hash)
, d as (insert into customer_relation (customer_id, related_id, kind, inverse, percentage) values
    ($1, $2, 'spouse', false, null), ($2, $1, 'spouse', true, null),
    ($1, $3, 'shareholder', false, 40), ($3, $1, 'shareholder', true, 40),
    ($4, $3, 'shareholder', false, 60), ($3, $4, 'shareholder', true, 60))
, e as (insert into contract (customer_id, contract_id, contract_no, currency, amount) values ($1, 1, 'HT-1', 'CNY', 5000000))
, f as (insert into account (customer_id, account_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, contract_id, rate, opened_on)
    select $1, 2, '99887766', none, p.product_id, 103, 'loan', 'CNY', 3000000, 1, 3.65, date '2025-02-03' from hash, product p where p.code = 'LOAN')
, g as (insert into account (customer_id, account_id, account_no, account_no_hash, product_id, org_id, category, currency, balance)
    select $1, 3, '6222000088889999', none, p.product_id, 103, 'term', 'USD', 10000 from hash, product p where p.code = 'TRM')
select 1";

/// The customer and the spouse.
async fn full(world: &World) -> (i64, i64) {
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 12_000).await;
    let spouse = world.customer("李娜", "E1", Some("M-ALICE"), 500).await;
    let company = world.customer("远方机械有限公司", "W1", Some("M-WANG"), 900_000).await;
    let owner = world.customer("欧阳锋", "E1", Some("M-ALICE"), 1).await;
    sqlx::query(EVERYTHING).bind(id).bind(spouse).bind(company).bind(owner).execute(&world.owner).await.unwrap();
    for statement in [
        "insert into card (customer_id, account_id, card_no, kind) select $1, account_id, '6228480012345678', 'debit' from account where customer_id = $1 and category = 'current'",
        "insert into standing_order (customer_id, account_id, to_bank, to_account, currency, amount, purpose) select $1, account_id, 'AB', '8888777766', 'CNY', 1000, '房租' from account where customer_id = $1 and category = 'current'",
        "insert into guarantee (customer_id, contract_id, guarantor_id, kind, currency, amount) select $1, 1, related_id, 'surety', 'CNY', 100 from customer_relation where customer_id = $1 and kind = 'shareholder'",
        "insert into account_year (customer_id, account_id, year, end_balance, average_balance)
         select $1, account_id, 2026, array[1000000, 1100000, null, null, null, null, null, null, null, null, null, null], array[900000, 1000000, null, null, null, null, null, null, null, null, null, null]
         from account where customer_id = $1 and category = 'current'",
        "insert into activity (customer_id, kind, happened_at, staff_id, summary) select $1, 'call', timestamptz '2026-03-01 10:00+08' + n * interval '1 hour', 2000, '第' || n || '次' from generate_series(1, 40) n",
        "insert into task (customer_id, title, due_on, owner_staff_id) values ($1, '送资料', date '2026-04-02', 2000)",
        "insert into alert (customer_id, kind, severity, raised_on) values ($1, 'maturity', 'warning', date '2026-03-30')",
        "insert into complaint (customer_id, received_at, channel, subject) values ($1, '2026-02-01', 'phone', '排队')",
        "insert into document (customer_id, kind, title) values ($1, 'id_copy', '身份证复印件')",
        "insert into customer_tier (customer_id, valid, tier_id) select $1, daterange('2025-01-01', null), tier_id from tier",
        "update customer_summary s set tier_id = t.tier_id, tier_rank = t.rank from tier t where s.customer_id = $1",
        "insert into field_change (customer_id, field, old_value, new_value, source) values ($1, 'contact:mobile', '\"13900005678\"', '\"13800001234\"', 'guanhu')",
        "insert into account_party (customer_id, account_id, owner_id, role) select related_id, 3, $1, 'user' from customer_relation where customer_id = $1 and kind = 'spouse'",
        "update customer set sex = 'male', annual_income = 30000000, lineage = '{\"sex\": {\"source\": \"core\", \"business_date\": \"2026-03-30\"}}' where customer_id = $1",
        "select ensure_month(m::date) from generate_series(date '2024-01-01', date '2026-03-01', interval '1 month') m where $1 > 0",
        "insert into txn (customer_id, booked_on, txn_id, account_id, direction, currency, amount, counterparty_account, narrative)
         select $1, date '2026-03-31' - n * 20, n, 2, case n % 2 when 0 then 'credit' else 'debit' end, 'CNY', n * 100, '6222111122223333', '还款13800001234' from generate_series(1, 30) n",
    ] {
        sqlx::query(statement).bind(id).execute(&world.owner).await.unwrap();
    }
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[id, spouse, company, owner]).await.unwrap();
    (id, spouse)
}

async fn view(world: &World, login: &str, id: i64) -> Customer360 {
    customers::view(&world.bank, &world.actor(login).await, CustomerNo::from_id(id)).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn one_answer_holds_everything_and_no_clear_secret(pool: PgPool) {
    let world = World::new(pool).await;
    let (id, spouse) = full(&world).await;
    let seen = view(&world, "alice", id).await;

    assert_eq!((seen.name.as_str(), seen.version, seen.org.code.as_str()), ("张小伟", 1, "E1"));
    assert_eq!((seen.aum, seen.deposits, seen.loans), (1_271_000, 1_271_000, 3_000_000));
    assert_eq!(seen.tier.as_ref().map(|tier| tier.code.as_str()), Some("gold"));
    assert_eq!(seen.tier_since, "2025-01-01".parse().ok());
    assert!(seen.may.edit && seen.may.reveal && seen.may.log_activity);
    assert_eq!(seen.profile["annual_income"].as_deref(), Some("30000000"));
    assert_eq!(seen.lineage["sex"].source, "core");
    assert!(
        !seen.profile.contains_key("industry")
            && seen.missing.contains(&"birth_date".to_owned())
            && !seen.missing.contains(&"mobile".to_owned())
    );
    assert_eq!(seen.assignments.len(), 1);
    assert_eq!((seen.assignments[0].manager.code.as_str(), seen.assignments[0].to), ("M-ALICE", None));

    let held: Vec<_> = seen.holdings.iter().map(|held| (held.category.code(), held.balance, held.balance_base)).collect();
    assert_eq!(held, [("current", 1_200_000, 1_200_000), ("term", 10_000, 71_000), ("loan", 3_000_000, 3_000_000)]);
    assert_eq!(seen.holdings[1].users[0].name, "李娜");
    assert_eq!(seen.holdings[2].contract_no.as_deref(), Some("HT-1"));
    assert_eq!(seen.balances.iter().map(|month| month.aum).collect::<Vec<_>>(), [1_000_000, 1_100_000, 1_200_000]);
    assert_eq!((seen.cards.len(), seen.standing_orders.len(), seen.contracts.len(), seen.documents.len()), (1, 1, 1, 1));
    assert_eq!((seen.tasks.len(), seen.alerts.len(), seen.identities.len(), seen.contacts.len()), (1, 1, 2, 1));
    assert_eq!(seen.identities[0].value, "110***********1234");
    assert_eq!(seen.contacts[0].value, "138****1234");
    assert_eq!(seen.identities[1].value, "C-77");

    // The company is another branch's: known by its first character, and through it a second step.
    let shares =
        |step| seen.relations.iter().filter(move |edge| edge.step == step && edge.kind == RelationKind::Shareholder).collect::<Vec<_>>();
    let [own] = shares(1)[..] else { panic!("{:?}", seen.relations) };
    assert_eq!((own.to.name.as_str(), own.to.customer_no, own.to.aum), ("远**", None, None));
    assert_eq!(own.percentage.map(|share| share.to_string()).as_deref(), Some("40.000000"));
    let [further] = shares(2)[..] else { panic!("{:?}", seen.relations) };
    assert_eq!((further.from.key.as_str(), further.to.name.as_str()), (own.to.key.as_str(), "欧阳锋"));
    assert_eq!(seen.guarantees[0].guarantor.as_ref().map(|party| party.name.as_str()), Some("远**"));

    let sent = serde_json::to_string(&seen).unwrap();
    for secret in
        ["13800001234", "13900005678", "110101199003071234", "6228480012345678", "8888777766", "6222000088889999", "99887766", "远方机械"]
    {
        assert!(!sent.contains(secret), "{secret} left the server");
    }
    world.bank.flush().await;
    let audited: i64 =
        sqlx::query_scalar("select count(*) from audit_log where verb = 'customer.view' and outcome = 'viewed' and subject = $1")
            .bind(customers::subject(CustomerNo::from_id(id)))
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!(audited, 1);

    let boss = view(&world, "boss", id).await;
    assert!(!boss.may.edit && !boss.may.reveal && !boss.may.log_activity);
    assert!(boss.relations.iter().all(|edge| edge.to.customer_no.is_some()));
    let of_spouse = view(&world, "alice", spouse).await;
    let used = of_spouse.holdings.iter().find(|held| held.owner.is_some()).unwrap();
    assert_eq!(used.owner.as_ref().and_then(|owner| owner.customer_no), Some(CustomerNo::from_id(id)));
}

#[sqlx::test(migrations = false)]
async fn strangers_find_nobody_and_a_customer_with_nothing_has_a_page(pool: PgPool) {
    let world = World::new(pool).await;
    let (id, _) = full(&world).await;
    for login in ["bo", "wang", "west"] {
        let actor = world.actor(login).await;
        let no = CustomerNo::from_id(id);
        assert_eq!(customers::view(&world.bank, &actor, no).await.unwrap_err().code(), Code::NotFound, "{login}");
        assert_eq!(customers::timeline(&world.bank, &actor, no, &[], None).await.unwrap_err().code(), Code::NotFound, "{login}");
        assert_eq!(customers::accounts(&world.bank, &actor, no).await.unwrap_err().code(), Code::NotFound, "{login}");
        assert_eq!(
            contribution::explain::contribution(&world.bank, &actor, no, None, None).await.unwrap_err().code(),
            Code::NotFound,
            "{login}"
        );
        let all = TransactionQuery::default();
        assert_eq!(customers::transactions(&world.bank, &actor, no, &all).await.unwrap_err().code(), Code::NotFound, "{login}");
    }
    let auditor = world.actor("auditor").await;
    assert_eq!(customers::view(&world.bank, &auditor, CustomerNo::from_id(id)).await.unwrap_err().code(), Code::Forbidden);
    let alice = world.actor("alice").await;
    assert_eq!(customers::view(&world.bank, &alice, CustomerNo::from_id(1)).await.unwrap_err().code(), Code::NotFound);

    let bare: i64 = sqlx::query_scalar("insert into customer (kind, org_id, name) values ('corporate', 103, '空') returning customer_id")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &[bare]).await.unwrap();
    let seen = view(&world, "east", bare).await;
    assert_eq!((seen.aum, seen.holdings.len(), seen.relations.len(), seen.timeline.len()), (0, 0, 0, 0));
    assert!(seen.tier.is_none() && seen.balances.is_empty() && seen.timeline_next.is_none() && seen.completeness < 20);
    let of_nothing = TransactionQuery::default();
    let east = world.actor("east").await;
    assert!(customers::transactions(&world.bank, &east, CustomerNo::from_id(bare), &of_nothing).await.unwrap().items.is_empty());

    let numbers: Vec<(i64, String)> =
        sqlx::query_as("select id, customer_no(id) from unnest(array[0, 1, 19, 700000, 99999999999]::bigint[]) id")
            .fetch_all(&world.owner)
            .await
            .unwrap();
    assert!(numbers.iter().all(|(id, no)| CustomerNo::from_id(*id).to_string() == *no), "{numbers:?}");
}

#[sqlx::test(migrations = false)]
async fn the_timeline_and_the_transactions_go_back_to_the_first(pool: PgPool) {
    let world = World::new(pool).await;
    let (id, _) = full(&world).await;
    let no = CustomerNo::from_id(id);
    let alice = world.actor("alice").await;

    let seen = view(&world, "alice", id).await;
    let mut items = seen.timeline.clone();
    let mut next = seen.timeline_next;
    while let Some(after) = next {
        let page = customers::timeline(&world.bank, &alice, no, &[], Some(&after)).await.unwrap();
        items.extend(page.items);
        next = page.next;
    }
    assert!(items.is_sorted_by(|a, b| a.at >= b.at));
    // One kind is looked for as far back as it goes, by page too.
    let complaints = customers::timeline(&world.bank, &alice, no, &["complaint"], None).await.unwrap();
    assert!(seen.timeline.iter().all(|item| item.what != "complaint") && complaints.items.len() == 1 && complaints.next.is_none());
    let first = customers::timeline(&world.bank, &alice, no, &["activity", "tier"], None).await.unwrap();
    let second = customers::timeline(&world.bank, &alice, no, &["activity", "tier"], first.next.as_deref()).await.unwrap();
    let both: Vec<_> = first.items.into_iter().chain(second.items).collect();
    assert_eq!(
        (second.next, both),
        (None, items.iter().filter(|item| ["activity", "tier"].contains(&item.what.as_str())).cloned().collect())
    );
    let unknown = customers::timeline(&world.bank, &alice, no, &["moon"], None).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Invalid);
    let of = |what: &str| items.iter().filter(|item| item.what == what).count();
    assert_eq!((of("activity"), of("assignment"), of("tier"), of("field"), of("complaint"), of("account")), (40, 1, 1, 1, 1, 2));

    // Their account's system and day.
    sqlx::query("update account set source = 'credit', business_date = date '2026-03-30' where customer_id = $1")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    let mut query = TransactionQuery { limit: Some(4), ..Default::default() };
    let mut amounts = Vec::new();
    loop {
        let page = customers::transactions(&world.bank, &alice, no, &query).await.unwrap();
        amounts.extend(page.items.iter().map(|booked| booked.amount / 100));
        assert!(page.items.iter().all(|booked| booked.narrative.as_deref() == Some("还款****1234")));
        assert!(
            page.items.iter().all(|booked| booked.source.as_deref() == Some("credit") && booked.business_date == "2026-03-30".parse().ok())
        );
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(amounts, (1..=30).collect::<Vec<_>>());

    let loan = seen.holdings.iter().find(|held| held.category.code() == "loan").unwrap().account.clone();
    let current = seen.holdings[0].account.clone();
    let narrowed = TransactionQuery {
        account: Some(loan),
        direction: Some("credit".into()),
        amount_min: Some(2_900),
        q: Some("还款".into()),
        ..Default::default()
    };
    assert_eq!(customers::transactions(&world.bank, &alice, no, &narrowed).await.unwrap().items.len(), 1);
    let of_another = TransactionQuery { account: Some(current), ..Default::default() };
    assert!(customers::transactions(&world.bank, &alice, no, &of_another).await.unwrap().items.is_empty());
    // What is searched are the words that are read, in either language, and not the codes behind them.
    sqlx::query("update txn set kind = 'loan_payment', purpose = case txn_id when 1 then 'salary' else '' end where customer_id = $1 and txn_id <= 2")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    for (typed, found) in [("贷款还款", 2), ("loan repay", 2), ("代发工资", 1), ("loan_payment", 0), ("还款", 30)] {
        let said = TransactionQuery { q: Some(typed.into()), ..Default::default() };
        assert_eq!(customers::transactions(&world.bank, &alice, no, &said).await.unwrap().items.len(), found, "{typed}");
    }
    let dated = TransactionQuery { from: "2026-01-01".parse().ok(), to: "2026-02-28".parse().ok(), ..Default::default() };
    assert_eq!(customers::transactions(&world.bank, &alice, no, &dated).await.unwrap().items.len(), 3);
}

#[sqlx::test(migrations = false)]
async fn a_joint_owner_reads_the_account_and_its_number(pool: PgPool) {
    let world = World::new(pool).await;
    let (id, spouse) = full(&world).await;
    sqlx::query("insert into account_party (customer_id, account_id, owner_id, role) values ($1, 2, $2, 'owner')")
        .bind(spouse)
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    let (alice, no) = (world.actor("alice").await, CustomerNo::from_id(spouse));
    let seen = view(&world, "alice", spouse).await;
    let loan = seen.holdings.iter().find(|held| held.category.code() == "loan").unwrap().account.clone();
    let query = TransactionQuery { account: Some(loan.clone()), ..Default::default() };
    assert_eq!(customers::transactions(&world.bank, &alice, no, &query).await.unwrap().items.len(), 30);
    let request = RevealRequest { what: RevealKind::Account, id: loan, reason: "与客户核对账号".into() };
    assert_eq!(customers::reveal(&world.bank, &alice, no, &request).await.unwrap().value, "99887766");
}

#[sqlx::test(migrations = false)]
async fn the_timeline_tells_of_a_tier_that_was_lost_and_of_what_was_said(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 100).await;
    sqlx::raw_sql(AssertSqlSafe(format!(
        "insert into tier (scheme_id, code, rank, name, name_en, mark) select scheme_id, 'plain', 1, '普卡', 'Plain', 1 from tier_scheme;
         insert into customer_tier (customer_id, valid, tier_id, reason) select {id}, v, tier_id, r::jsonb from tier join (values
             ('gold', daterange('2024-01-01', '2024-07-01'), '{{\"scheme\": \"personal\", \"version\": 1}}'),
             ('plain', daterange('2024-07-01', '2024-10-01'), '{{}}'),
             ('gold', daterange('2025-01-01', null), '{{}}')) as h (code, v, r) using (code);
         insert into complaint (customer_id, received_at, channel, subject, detail, state, resolved_at)
             values ({id}, '2026-02-01', 'phone', '卡6222000011112222', '卡号6222000011112222排队两小时', 'resolved', '2026-02-03 10:00+08');
         insert into activity (customer_id, kind, happened_at, summary, outcome, next_step, source) values
             ({id}, 'call', '2026-03-01 10:00+08', '致电13800001234', '证件110101199003071234', '再拨13800001234', 'core'),
             ({id}, 'call', '2026-03-02 10:00+08', '致电13800001234', '', null, 'guanhu');
         insert into document (customer_id, kind, title, source) values ({id}, 'id_copy', '身份证110101199003071234', 'core')"
    )))
    .execute(&world.owner)
    .await
    .unwrap();
    let seen = view(&world, "alice", id).await;
    let told: Vec<_> = seen
        .timeline
        .iter()
        .filter(|item| item.what == "tier")
        .map(|item| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (
                item.at.date_naive().to_string(),
                text(&item.detail["event"]),
                text(&item.detail["tier"]["code"]),
                item.detail["previous_rank"].as_i64(),
            )
        })
        .collect();
    let row = |day: &str, event: &str, code: &str, before| (day.to_owned(), event.to_owned(), code.to_owned(), before);
    assert_eq!(
        told,
        [
            row("2025-01-01", "begun", "gold", None),
            row("2024-10-01", "ended", "plain", None),
            row("2024-07-01", "begun", "plain", Some(2)),
            row("2024-01-01", "begun", "gold", None),
        ],
        "after a time without a tier there is none to compare with"
    );
    let complaint = seen.timeline.iter().find(|item| item.what == "complaint").unwrap();
    assert_eq!(complaint.detail["detail"], "卡号****2222排队两小时");
    assert_eq!(complaint.detail["subject"], "卡****2222");
    let calls: Vec<_> = seen.timeline.iter().filter(|item| item.what == "activity").map(|item| &item.detail).collect();
    assert_eq!(calls[0]["summary"], "致电13800001234", "what was typed here was typed to be read");
    assert_eq!(calls[1]["summary"], "致电****1234");
    assert_eq!(calls[1]["outcome"], "证件****1234");
    assert_eq!(calls[1]["next_step"], "再拨****1234");
    assert_eq!(seen.documents[0].title, "身份证****1234");
    assert!(complaint.detail["resolved_at"].as_str().is_some_and(|at| at.starts_with("2026-02-03")));
}

#[sqlx::test(migrations = false)]
async fn the_page_comes_with_its_words_and_its_newest_transactions(pool: PgPool) {
    let world = World::new(pool).await;
    let (id, spouse) = full(&world).await;
    let no = CustomerNo::from_id(id);
    let alice = world.actor("alice").await;
    sqlx::query("insert into field_change (customer_id, field, old_value, new_value, source) values ($1, 'education', '\"bachelor\"', '\"master\"', 'core')")
        .bind(id)
        .execute(&world.owner)
        .await
        .unwrap();
    let sheet = customers::sheet(&world.bank, &alice, no).await.unwrap();
    assert_eq!(sheet.customer, customers::view(&world.bank, &alice, no).await.unwrap());
    let mut codes: Vec<_> = sheet.words.iter().map(|word| (word.dictionary.as_str(), word.code.as_str(), word.zh.as_str())).collect();
    codes.sort_unstable();
    let expected = [("education", "bachelor"), ("education", "master"), ("sex", "male")];
    assert_eq!(codes.iter().map(|(dictionary, code, _)| (*dictionary, *code)).collect::<Vec<_>>(), expected);
    assert!(codes.iter().all(|(.., zh)| !zh.is_empty()));

    // A page of a year, and then what is older: the same as when they are asked for.
    let mut pages = vec![sheet.transactions.unwrap()];
    assert!(pages[0].items.len() < 30);
    while let Some(after) = pages.last().unwrap().next.clone() {
        let query = TransactionQuery { after: Some(after), ..Default::default() };
        pages.push(customers::transactions(&world.bank, &alice, no, &query).await.unwrap());
    }
    let together: Vec<_> = pages.into_iter().flat_map(|page| page.items).collect();
    assert_eq!(together, customers::transactions(&world.bank, &alice, no, &TransactionQuery::default()).await.unwrap().items);
    assert_eq!(together.len(), 30);
    assert!(customers::sheet(&world.bank, &alice, CustomerNo::from_id(spouse)).await.unwrap().transactions.is_none());
    for login in ["bo", "wang"] {
        assert_eq!(customers::sheet(&world.bank, &world.actor(login).await, no).await.unwrap_err().code(), Code::NotFound, "{login}");
    }
}

#[sqlx::test(migrations = false)]
async fn every_value_and_every_list_says_where_it_came_from(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 100).await;
    let other = world.customer("李娜", "E1", Some("M-ALICE"), 100).await;
    sqlx::query(
        "update customer set sex = 'male', occupation = '教师', extra = '{\"segment\": \"代发\", \"branch_code\": \"7\"}',
             lineage = '{\"*\": {\"source\": \"core\", \"business_date\": \"2026-03-30\"}, \"occupation\": {\"source\": \"credit\", \"business_date\": \"2026-03-29\"},
                 \"extra.segment\": {\"source\": \"credit\", \"business_date\": \"2026-03-29\"}}'
         where customer_id = $1",
    )
    .bind(id)
    .execute(&world.owner)
    .await
    .unwrap();
    for sql in [
        "insert into customer_identity (customer_id, kind, system, value, value_hash, business_date) values ($1, 'passport', 'core', 'E12345678', '\\x00', '2026-03-30')",
        "insert into contract (customer_id, contract_no, currency, amount, source, business_date) values ($1, 'HT1', 'CNY', 1, 'credit', '2026-03-30')",
        "insert into guarantee (customer_id, kind, currency, amount, source, business_date) values ($1, 'credit', 'CNY', 1, 'credit', '2026-03-30')",
        "insert into card (customer_id, account_id, kind, source, business_date) select customer_id, account_id, 'debit', 'card', date '2026-03-30' from account where customer_id = $1",
        "insert into standing_order (customer_id, account_id, currency, amount, source, business_date) select customer_id, account_id, 'CNY', 1, 'core', date '2026-03-30' from account where customer_id = $1",
        "insert into document (customer_id, kind, title, source, business_date) values ($1, 'id_card', '身份证复印件', 'core', '2026-03-30')",
    ] {
        sqlx::query(sql).bind(id).execute(&world.owner).await.unwrap();
    }
    sqlx::query("insert into customer_relation (customer_id, related_id, kind, source, business_date) values ($1, $2, 'spouse', 'core', '2026-03-30')")
        .bind(id)
        .bind(other)
        .execute(&world.owner)
        .await
        .unwrap();
    let seen = view(&world, "alice", id).await;
    let from = |field: &str| seen.lineage.get(field).map(|lineage| (lineage.source.as_str(), lineage.business_date));
    let (day, before) = ("2026-03-30".parse().ok(), "2026-03-29".parse().ok());
    assert_eq!((from("name"), from("sex"), from("occupation")), (Some(("core", day)), Some(("core", day)), Some(("credit", before))));
    assert_eq!((from("education"), from("closed_on"), from("*")), (None, None, None), "an empty field comes from nowhere");
    assert_eq!((from("org"), from("opened_on")), (Some(("core", day)), Some(("core", day))));
    assert_eq!((from("extra.segment"), from("extra.branch_code")), (Some(("credit", before)), Some(("core", day))));
    assert_eq!(seen.identities[0].business_date, day);
    assert_eq!((seen.contracts[0].source.as_str(), seen.contracts[0].business_date), ("credit", day));
    assert_eq!((seen.guarantees[0].source.as_str(), seen.guarantees[0].business_date), ("credit", day));
    assert_eq!((seen.cards[0].source.as_str(), seen.cards[0].business_date), ("card", day));
    assert_eq!((seen.standing_orders[0].source.as_str(), seen.standing_orders[0].business_date), ("core", day));
    assert_eq!((seen.documents[0].source.as_str(), seen.documents[0].business_date), ("core", day));
    assert_eq!((seen.relations[0].source.as_str(), seen.relations[0].business_date), ("core", day));
    assert_eq!(seen.assignments[0].source, "guanhu");
}
