//! A rule means the same in memory and in SQL, whatever the rule and whoever the customer.

#[path = "../../../fuzz/way.rs"]
mod way;

use std::collections::BTreeSet;

use guanhu_crm::{
    rules::{self, Kin, Rows},
    summary,
    testing::World,
};
use guanhu_domain::{
    customers::{Category, DataClass, RelationKind},
    rules::{Condition, Env, FIELDS, Fact, Field, FieldKind, Limits, Op, RuleSet, Value, check, evaluate::evaluate},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sqlx::{PgPool, QueryBuilder};
use way::Came;

const CUSTOMERS: usize = 48;
const RULES: usize = 600;
/// Hostile rules of every run.
const ROUNDS: usize = 6_000;

/// Codes that some customer has, and some that nobody has.
fn codes(list: &str) -> &'static [&'static str] {
    match list {
        "kind" => &["personal", "corporate"],
        "sex" => &["male", "female", "x"],
        "nationality" => &["CN", "CZ"],
        "marital_status" => &["single", "married"],
        "education" => &["bachelor", "master", "' or 1=1 --"],
        "industry" => &["manufacturing", "finance"],
        "scale" => &["small", "large"],
        "credit_rating" => &["AAA", "BB"],
        "tier" => &["gold", "nonesuch"],
        "state" => &["valuable", "dormant", "prospective"],
        "unit" => &["E1", "EAST", "W1", "nowhere"],
        _ => &["M-ALICE", "M-WANG", "nobody"],
    }
}

fn op() -> impl Strategy<Value = Op> {
    proptest::sample::select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge])
}

fn number(field: &Field) -> BoxedStrategy<i64> {
    match field.kind {
        FieldKind::Money => (-2i64..12).prop_map(|step| step * 10_000_00).boxed(),
        _ => (0i64..80).boxed(),
    }
}

fn date() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["2026-03-31", "2026-03-01", "2025-12-24", "2020-05-01", "2026-05-05"]).prop_map(str::to_owned)
}

fn leaf() -> BoxedStrategy<Condition> {
    let of_field = proptest::sample::select(FIELDS.iter().collect::<Vec<_>>()).prop_flat_map(|field| {
        let code = field.code.to_owned();
        let known = Just(Condition::Known { field: code.clone() });
        match field.kind {
            FieldKind::Money | FieldKind::Number(..) => {
                let (a, b) = (code.clone(), code);
                prop_oneof![
                    1 => known,
                    4 => (op(), number(field)).prop_map(move |(op, value)| Condition::Compare { field: a.clone(), op, value: Value::Number(value) }),
                    3 => (number(field), number(field))
                        .prop_map(move |(x, y)| Condition::Range { field: b.clone(), from: Value::Number(x.min(y)), to: Value::Number(x.max(y)) }),
                ]
                .boxed()
            }
            FieldKind::Date => {
                let [a, b, c, d, e] = std::array::from_fn(|_| code.clone());
                prop_oneof![
                    known,
                    (op(), date()).prop_map(move |(op, day)| Condition::Compare { field: a.clone(), op, value: Value::Text(day) }),
                    (date(), date()).prop_map(move |(x, y)| {
                        let (from, to) = (x.clone().min(y.clone()), x.max(y));
                        Condition::Range { field: b.clone(), from: Value::Text(from), to: Value::Text(to) }
                    }),
                    (1u16..400).prop_map(move |days| Condition::Within { field: c.clone(), days }),
                    (1u16..400).prop_map(move |days| Condition::Ahead { field: d.clone(), days }),
                    (1u16..400).prop_map(move |days| Condition::NotSince { field: e.clone(), days }),
                ]
                .boxed()
            }
            FieldKind::Choice(list) => {
                let one = proptest::sample::subsequence(codes(list), 1..=codes(list).len())
                    .prop_map(move |values| Condition::OneOf { field: code.clone(), values: values.into_iter().map(str::to_owned).collect() });
                prop_oneof![1 => known, 4 => one].boxed()
            }
            FieldKind::Text => {
                let words = proptest::sample::select(vec!["教师", "师", "2026-01-01", "%", "工程师", "'; drop table customer; --"]);
                let ops = proptest::sample::select(vec![Op::Eq, Op::Ne, Op::Contains]);
                let one = (ops, words).prop_map(move |(op, word)| Condition::Compare { field: code.clone(), op, value: Value::Text(word.into()) });
                prop_oneof![1 => known, 4 => one].boxed()
            }
        }
    });
    let average = (proptest::option::of(1u8..=12), op(), -1i64..12).prop_map(|(months, op, step)| Condition::AverageAum {
        months,
        op,
        value: step * 10_000_00,
    });
    let holds =
        proptest::sample::select(vec!["CUR", "TRM", "LOAN", "nothing"]).prop_map(|product| Condition::Holds { product: product.into() });
    let holds_kind = proptest::sample::select(Category::ALL.to_vec()).prop_map(|category| Condition::HoldsKind { category });
    let birthday = (0u8..12).prop_map(|ahead| Condition::Birthday { ahead });
    prop_oneof![8 => of_field, 2 => average, 1 => holds, 1 => holds_kind, 1 => birthday].boxed()
}

fn joined(inner: impl Strategy<Value = Condition> + Clone + 'static) -> BoxedStrategy<Condition> {
    prop_oneof![
        2 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Condition::All),
        2 => proptest::collection::vec(inner.clone(), 1..4).prop_map(Condition::Any),
        1 => inner.prop_map(|one| Condition::Not(Box::new(one))),
    ]
    .boxed()
}

fn rule() -> BoxedStrategy<Condition> {
    let simple = leaf().prop_recursive(2, 8, 3, joined);
    let kinds = proptest::option::of(proptest::sample::select(vec![RelationKind::Spouse, RelationKind::Shareholder]));
    let related = (kinds, any::<bool>(), simple.clone()).prop_map(|(kind, reverse, who)| Condition::Related {
        kind,
        reverse: reverse && kind.is_some(),
        who: Box::new(who),
    });
    prop_oneof![4 => leaf(), 1 => related].prop_recursive(4, 24, 3, joined).boxed()
}

/// Customers with and without everything, by chance that is the same every time.
async fn people(world: &World) -> Vec<i64> {
    let mut ids = Vec::new();
    for at in 0..CUSTOMERS {
        let (unit, lead) = [("E1", Some("M-ALICE")), ("EAST", None), ("W1", Some("M-WANG"))][at % 3];
        ids.push(world.customer("张小伟", unit, lead, (at as i64 * 7_919) % 110_000).await);
    }
    sqlx::raw_sql(
        "create function pick(anyarray, bigint, int) returns anyelement language sql as
             'select ($1 || null)[1 + (abs(hashint8($2 * 97 + $3)) % (array_length($1, 1) + 1))]';
         update customer c set kind = coalesce(pick(array['personal', 'personal', 'corporate'], customer_id, 1), 'personal'),
             sex = pick(array['male', 'female'], customer_id, 2), nationality = pick(array['CN', 'CZ'], customer_id, 3),
             marital_status = pick(array['single', 'married'], customer_id, 4), education = pick(array['bachelor', 'master'], customer_id, 5),
             occupation = pick(array['教师', '工程师', '2026-01-01', '100%'], customer_id, 6),
             annual_income = pick(array[0, 5000000, 30000000]::bigint[], customer_id, 7), risk_appetite = pick(array[1, 3, 5]::smallint[], customer_id, 8),
             birth_date = pick(array['2004-02-29', '1966-04-01', '2026-03-31', '1990-12-31', '2030-01-01']::date[], customer_id, 9),
             established_on = pick(array['2020-05-01', '2025-12-24']::date[], customer_id, 10), industry = pick(array['manufacturing', 'finance'], customer_id, 11),
             scale = pick(array['small', 'large'], customer_id, 12), employees = pick(array[0, 40, 79], customer_id, 13),
             credit_rating = pick(array['AAA', 'BB'], customer_id, 14), registered_capital = pick(array[0, 8000000]::bigint[], customer_id, 15);
         insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance)
             select customer_id, '1' || customer_id, '\\x00', product_id, 103, 'term', 'USD', 500000 from customer, product where code = 'TRM' and customer_id % 4 = 0;
         insert into customer_relation (customer_id, related_id, kind, inverse) select a, b, kind, a % 2 = 0 from (
             select customer_id as a, lead(customer_id, 5) over (order by customer_id) as b, pick(array['spouse', 'shareholder', 'guarantor'], customer_id, 16) as kind
             from customer) r where b is not null and kind is not null;
         insert into customer_average select customer_id, date '2026-03-31', array(select pick(array[0, 3000000, 9000000]::bigint[], customer_id * m, m) from generate_series(1, 12) m)
             from customer where customer_id % 5 <> 0;",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    summary::refresh(&mut world.owner.acquire().await.unwrap(), &ids).await.unwrap();
    sqlx::raw_sql(
        "update customer_summary set aum_previous = coalesce(pick(array[4000000, 9000000]::bigint[], customer_id, 26), 0), contribution = pick(array[0, 4000000]::bigint[], customer_id, 20), open_alerts = coalesce(pick(array[2], customer_id, 21), 0),
             tier_id = pick((select array_agg(tier_id) from tier), customer_id, 22),
             -- Evening in Greenwich is the next day here.
             last_contact_at = pick(array['2026-03-31 15:59+00', '2026-03-31 16:01+00', '2026-02-27 20:00+00', '2025-12-24 00:00+00']::timestamptz[], customer_id, 23),
             next_due_on = pick(array['2026-03-31', '2026-05-05']::date[], customer_id, 24),
             next_maturity_on = pick(array['2026-03-30', '2026-04-30']::date[], customer_id, 25)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    ids
}

#[sqlx::test(migrations = false)]
async fn memory_and_database_find_the_same_customers(pool: PgPool) {
    let world = World::new(pool).await;
    let ids = people(&world).await;
    let env = Env { business_date: "2026-03-31".parse().unwrap(), months: 3 };
    let facts = rules::load(&mut world.owner.acquire().await.unwrap(), &ids, env.business_date, true, None).await.unwrap();
    assert_eq!(facts.len(), CUSTOMERS);

    let mut runner = TestRunner::deterministic();
    let (mut found, mut some) = (0usize, 0usize);
    for _ in 0..RULES {
        let rule = rule().new_tree(&mut runner).unwrap().current();
        assert_eq!(check(&RuleSet::new(rule.clone()), Limits::group(DataClass::C1), ""), [], "{rule:?}");
        let expected: BTreeSet<i64> = ids.iter().copied().filter(|id| evaluate(&rule, &facts[id], env) == Some(true)).collect();

        let mut joined = QueryBuilder::new("select s.customer_id from customer_summary s");
        rules::push_tables(&mut joined, std::iter::once(&rule), Rows::OUTER, &|_| String::new());
        joined.push(" where ");
        rules::push_joined(&mut joined, &rule, env, Rows::OUTER, &Kin::All);
        let mut alone = QueryBuilder::new("select s.customer_id from customer_summary s where ");
        rules::push_alone(&mut alone, &rule, env, &Kin::All);
        for mut sql in [joined, alone] {
            let actual: Vec<i64> = sql.build_query_scalar().persistent(false).fetch_all(&world.owner).await.unwrap();
            let actual: BTreeSet<i64> = actual.into_iter().collect();
            assert_eq!(actual, expected, "{}\n{:?}", serde_json::to_string(&rule).unwrap(), sql.sql());
        }
        found += expected.len();
        some += usize::from(!expected.is_empty() && expected.len() < CUSTOMERS);
    }
    // Rules that find nobody, or everybody, would prove little.
    assert!(some > RULES / 2 && found > RULES * 4, "{some} rules told customers apart, {found} in all");
}

/// Who satisfies a rule by the database, on this day.
async fn found(world: &World, json: &str, day: &str) -> Vec<i64> {
    let rule: Condition = serde_json::from_str(json).unwrap();
    let mut sql = QueryBuilder::new("select s.customer_id from customer_summary s where ");
    rules::push_alone(&mut sql, &rule, Env { business_date: day.parse().unwrap(), months: 3 }, &Kin::All);
    sql.push(" order by 1");
    sql.build_query_scalar().persistent(false).fetch_all(&world.owner).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn what_a_field_says_is_what_the_bank_knows(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let other = world.customer("临江贸易", "W1", Some("M-WANG"), 5).await;
    sqlx::raw_sql(
        "update customer set birth_date = '1966-04-01', sex = 'male', occupation = '教师', annual_income = 30000000, risk_appetite = 3 where name = '张小伟';
         update customer set kind = 'corporate', registered_capital = 8000000, employees = 40, established_on = '2020-05-01' where name = '临江贸易';
         insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on, matures_on)
             select customer_id, '1', '\\x00', product_id, 103, 'term', 'USD', 500000, '2025-01-01', '2026-04-30' from customer, product
             where customer.name = '张小伟' and code = 'TRM';
         insert into account (customer_id, account_no, account_no_hash, product_id, org_id, category, currency, balance, opened_on)
             select customer_id, '2', '\\x01', product_id, 103, 'loan', 'CNY', 700000, '2025-01-01' from customer, product
             where customer.name = '张小伟' and code = 'LOAN';
         -- Evening in Greenwich is the next day here.
         insert into activity (customer_id, kind, happened_at, staff_id, summary) select customer_id, 'call', '2026-03-30 16:01+00', 2000, 'x' from customer where name = '张小伟';
         insert into task (customer_id, title, due_on, owner_staff_id) select customer_id, 'x', '2026-04-02', 2000 from customer where name = '张小伟'",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let mut conn = world.owner.acquire().await.unwrap();
    summary::refresh(&mut conn, &[id, other]).await.unwrap();
    let facts = rules::load(&mut conn, &[id, other], "2026-03-31".parse().unwrap(), true, None).await.unwrap();
    let text = |text: &str| Fact::Text(text.into());
    let date = |text: &str| Fact::Date(text.parse().unwrap());
    // Five thousand dollars at 7.1 beside sixty thousand yuan.
    for (field, expected) in [
        ("aum", Fact::Number(95_500_00)),
        ("deposits", Fact::Number(95_500_00)),
        ("wealth", Fact::Number(0)),
        ("loans", Fact::Number(7_000_00)),
        ("accounts", Fact::Number(3)),
        ("kind", text("personal")),
        ("opened_on", date("2020-05-01")),
        ("next_maturity_on", date("2026-04-30")),
        ("age", Fact::Number(59)),
        ("sex", text("male")),
        ("occupation", text("教师")),
        ("annual_income", Fact::Number(300_000_00)),
        ("risk_appetite", Fact::Number(3)),
        ("last_contact", date("2026-03-31")),
        ("next_due_on", date("2026-04-02")),
        ("manager", text("M-ALICE")),
    ] {
        assert_eq!(facts[&id].values.get(field), Some(&expected), "{field}");
    }
    assert_eq!(facts[&id].units, ["HO", "EAST", "E1"]);
    for (field, expected) in [("registered_capital", 80_000_00), ("employees", 40)] {
        assert_eq!(facts[&other].values.get(field), Some(&Fact::Number(expected)), "{field}");
    }
    assert_eq!(facts[&other].values.get("age"), None);
    // The same by the database, to the day and to the cent.
    for (json, expected) in [
        (r#"{"range": {"field": "aum", "from": 9550000, "to": 9550000}}"#, vec![id]),
        (r#"{"within": {"field": "last_contact", "days": 1}}"#, vec![id]),
        (r#"{"compare": {"field": "age", "op": "eq", "value": 59}}"#, vec![id]),
        (r#"{"compare": {"field": "registered_capital", "op": "eq", "value": 8000000}}"#, vec![other]),
    ] {
        assert_eq!(found(&world, json, "2026-03-31").await, expected, "{json}");
    }
    // A maturity that has passed is none, though nothing has happened to the customer since.
    let matures = r#"{"known": {"field": "next_maturity_on"}}"#;
    assert_eq!((found(&world, matures, "2026-04-30").await, found(&world, matures, "2026-05-01").await), (vec![id], vec![]));
    // A field that is none is never known, nor is its opposite.
    let none = r#"{"not": {"compare": {"field": "shoe_size", "op": "eq", "value": 43}}}"#;
    assert_eq!(found(&world, none, "2026-03-31").await, Vec::<i64>::new());

    // Who has a shareholder is not who holds shares.
    sqlx::query("insert into customer_relation (customer_id, related_id, kind, inverse) values ($1, $2, 'shareholder', false), ($2, $1, 'shareholder', true)")
        .bind(id)
        .bind(other)
        .execute(&world.owner)
        .await
        .unwrap();
    let of = |reverse: bool| {
        format!(r#"{{"related": {{"kind": "shareholder", "reverse": {reverse}, "who": {{"known": {{"field": "aum"}}}}}}}}"#)
    };
    assert_eq!((found(&world, &of(false), "2026-03-31").await, found(&world, &of(true), "2026-03-31").await), (vec![other], vec![id]));
}

/// What somebody might send in place of a rule: the words of the language at the wrong places, figures at
/// the edge, and names that are SQL.
fn hostile() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value as Json, json};
    let words = vec![
        "all",
        "any",
        "not",
        "compare",
        "range",
        "one_of",
        "known",
        "within",
        "ahead",
        "not_since",
        "average_aum",
        "holds",
        "holds_kind",
        "birthday",
        "related",
        "field",
        "op",
        "value",
        "values",
        "from",
        "to",
        "days",
        "months",
        "product",
        "category",
        "kind",
        "reverse",
        "who",
        "v",
        "when",
    ];
    let texts = vec![
        "aum",
        "age",
        "occupation",
        "last_contact",
        "tier",
        "unit",
        "ge",
        "contains",
        "eq",
        "loan",
        "spouse",
        "2026-03-31",
        "9999-12-31",
        "+262142-12-31",
        "",
        "\0",
        "'); drop table customer; --",
        "{s}.aum",
        "$1",
        "张小伟",
    ];
    let atom = prop_oneof![
        3 => proptest::sample::select(texts).prop_map(|text| json!(text)),
        2 => proptest::sample::select(vec![0, 1, -1, 12, 3_650, 65_535, i64::MAX, i64::MIN]).prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => Just(Json::Null),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => ".{0,8}".prop_map(|text| json!(text)),
    ];
    let value = atom.clone();
    // The right keys with wrong values in them.
    let leaf = proptest::sample::select(vec![
        ("compare", &["field", "op", "value"][..]),
        ("range", &["field", "from", "to"]),
        ("one_of", &["field", "values"]),
        ("known", &["field"]),
        ("within", &["field", "days"]),
        ("not_since", &["field", "days"]),
        ("average_aum", &["months", "op", "value"]),
        ("holds", &["product"]),
        ("birthday", &["ahead"]),
    ])
    .prop_flat_map(move |(kind, keys)| {
        let likely = |key: &str| match key {
            "field" => proptest::sample::select(vec!["aum", "age", "occupation", "last_contact", "unit", "nonesuch"])
                .prop_map(|text| json!(text))
                .boxed(),
            "op" => proptest::sample::select(vec!["ge", "eq", "contains", "like"]).prop_map(|text| json!(text)).boxed(),
            "values" => proptest::collection::vec(value.clone(), 0..3).prop_map(Json::Array).boxed(),
            "days" | "months" | "ahead" => (-1i64..20).prop_map(|number| json!(number)).boxed(),
            _ => value.clone().boxed(),
        };
        let parts: Vec<_> = keys.iter().map(|key| (Just((*key).to_owned()), likely(key))).collect();
        parts.prop_map(move |parts| json!({ kind: parts.into_iter().collect::<serde_json::Map<_, _>>() }))
    });
    prop_oneof![4 => leaf, 1 => atom].prop_recursive(6, 40, 4, move |inner| {
        let pair = (proptest::sample::select(words.clone()), inner.clone()).prop_map(|(key, value)| (key.to_owned(), value));
        let several = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            3 => several.clone().prop_map(|of| json!({ "all": of })),
            3 => several.prop_map(|of| json!({ "any": of })),
            2 => inner.clone().prop_map(|one| json!({ "not": one })),
            1 => inner.prop_map(|one| json!({ "related": { "who": one } })),
            1 => proptest::collection::vec(pair, 0..4).prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

#[test]
fn whatever_is_sent_is_refused_or_means_something() {
    let mut runner = TestRunner::deterministic();
    // From noise, from the words of the language thrown together, and from rules with a byte changed.
    let noise = proptest::collection::vec(any::<u8>(), 0..200);
    let damage = (any::<proptest::sample::Index>(), proptest::sample::select(b"0189-aeglnt_\"{}[]:, \\\xff".to_vec()));
    let (mut read, mut meant) = (0, 0);
    for round in 0..ROUNDS {
        let bytes = match round % 3 {
            0 => noise.new_tree(&mut runner).unwrap().current(),
            1 => serde_json::to_vec(&serde_json::json!({ "v": 1, "when": hostile().new_tree(&mut runner).unwrap().current() })).unwrap(),
            _ => {
                let mut text = serde_json::to_vec(&RuleSet::new(rule().new_tree(&mut runner).unwrap().current())).unwrap();
                let (at, byte) = damage.new_tree(&mut runner).unwrap().current();
                let at = at.index(text.len());
                text[at] = byte;
                text
            }
        };
        match way::of(&bytes) {
            Came::Unread => {}
            Came::Refused => read += 1,
            Came::Through => (read, meant) = (read + 1, meant + 1),
        }
    }
    assert!(read > 400 && meant > 150, "{read} were rules, {meant} sound ones");
}

/// For `GUANHU_FUZZ_SECONDS`, three unless told: other bytes every time, by what a fuzzer without instruments does.
#[test]
fn whatever_is_sent_for_a_while() {
    let seconds = std::env::var("GUANHU_FUZZ_SECONDS").ok().and_then(|said| said.parse().ok()).unwrap_or(3);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let dictionary = std::fs::read_to_string(folder.join("rules.dict")).unwrap();
    let words: Vec<String> = dictionary.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let seeds = std::fs::read_dir(folder.join("seeds/rules")).unwrap().map(|seed| std::fs::read(seed.unwrap().path()).unwrap());
    let mut pool: Vec<Vec<u8>> = seeds.collect();
    assert!(words.len() > 20 && !pool.is_empty());
    let (mut runner, written) = (TestRunner::default(), rule());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut state = now.as_nanos() as u64 | 1;
    let mut below = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n.max(1) as u64) as usize
    };
    let (mut sent, mut read, mut meant) = (0u64, 0u64, 0u64);
    while std::time::Instant::now() < until {
        if sent.is_multiple_of(64) {
            let fresh = match sent % 128 {
                0 => RuleSet::new(written.new_tree(&mut runner).unwrap().current()),
                _ => serde_json::from_value(serde_json::json!({ "v": 1, "when": hostile().new_tree(&mut runner).unwrap().current() }))
                    .unwrap_or_else(|_| RuleSet::new(written.new_tree(&mut runner).unwrap().current())),
            };
            pool.push(serde_json::to_vec(&fresh).unwrap());
        }
        let mut bytes = pool[below(pool.len())].clone();
        for _ in 0..=below(4) {
            let at = below(bytes.len() + 1);
            match below(6) {
                0 if at < bytes.len() => bytes[at] = below(256) as u8,
                1 if at < bytes.len() => drop(bytes.remove(at)),
                2 => bytes.splice(at..at, words[below(words.len())].bytes()).for_each(drop),
                3 => {
                    let other = &pool[below(pool.len())];
                    let (from, until) = (below(other.len() + 1), below(other.len() + 1));
                    let part = other[from.min(until)..from.max(until)].to_vec();
                    bytes.splice(at..at, part).for_each(drop);
                }
                4 => {
                    let end = (at + below(20)).min(bytes.len());
                    bytes.drain(at..end);
                }
                _ => bytes.insert(at.min(bytes.len()), b"\"{}[]:,0-9"[below(10)]),
            }
        }
        bytes.truncate(4_096);
        sent += 1;
        match way::of(&bytes) {
            Came::Unread => continue,
            Came::Refused => read += 1,
            Came::Through => (read, meant) = (read + 1, meant + 1),
        }
        // What is still a rule is changed further.
        if pool.len() < 20_000 {
            pool.push(bytes);
        }
    }
    println!("{sent} sent, {read} were rules, {meant} sound ones");
}

#[test]
fn figures_at_the_edge_are_said_and_compared() {
    for value in [i64::MAX, i64::MIN, 0] {
        for json in [
            format!(r#"{{"v": 1, "when": {{"compare": {{"field": "aum", "op": "ge", "value": {value}}}}}}}"#),
            format!(r#"{{"v": 1, "when": {{"average_aum": {{"op": "gt", "value": {value}}}}}}}"#),
            format!(r#"{{"v": 1, "when": {{"range": {{"field": "age", "from": {}, "to": {value}}}}}}}"#, i64::MIN),
        ] {
            assert_eq!(way::of(json.as_bytes()), Came::Through, "{json}");
        }
    }
}
