//! What must hold of every table, asked of the database's own catalogue.

use std::collections::{BTreeMap, BTreeSet};

use guanhu_crm::MIGRATOR;
use sqlx::PgPool;

type Classes = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Tables that belong to the bank and not to a customer, though a column may name one.
const NOT_OWNED: [&str; 2] = ["notice", "outbox_event"];

#[sqlx::test(migrations = false)]
async fn every_column_has_a_data_class_and_customers_lead_their_keys(pool: PgPool) {
    MIGRATOR.run(&pool).await.unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text from information_schema.columns c
         join pg_class r on r.relname = c.table_name and r.relnamespace = 'public'::regnamespace
         where c.table_schema = 'public' and not r.relispartition and c.table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let registry: Classes = toml::from_str(include_str!("../data_classes.toml")).unwrap();
    let known: BTreeSet<(String, String)> = registry
        .iter()
        .flat_map(|(table, classes)| {
            assert!(classes.keys().all(|class| ["C1", "C2", "C3", "none"].contains(&class.as_str())), "{table}: no such class");
            classes.values().flatten().map(|column| (table.clone(), column.clone()))
        })
        .collect();
    let actual: BTreeSet<_> = columns.into_iter().collect();
    assert_eq!(actual.difference(&known).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "without a class in data_classes.toml");
    assert_eq!(
        known.difference(&actual).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "in data_classes.toml but not in the schema"
    );

    let not_leading: Vec<String> = sqlx::query_scalar(
        "select r.relname::text from pg_class r
         join pg_attribute a on a.attrelid = r.oid and a.attname = 'customer_id'
         left join pg_index i on i.indrelid = r.oid and i.indisprimary
         where r.relkind in ('r', 'p') and not r.relispartition and r.relnamespace = 'public'::regnamespace
           and i.indkey[0] is distinct from a.attnum
         order by 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(not_leading, NOT_OWNED, "customer_id must lead the primary key");
}

/// A schema that is to be distributed by customer can promise uniqueness, and refer, only within a customer.
#[sqlx::test(migrations = false)]
async fn the_distribution_column_is_in_every_key_of_what_customers_own(pool: PgPool) {
    MIGRATOR.run(&pool).await.unwrap();
    let keys: Vec<String> = sqlx::query_scalar(
        "select r.relname || ': ' || x.relname from pg_index i
         join pg_class r on r.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
         join pg_attribute a on a.attrelid = r.oid and a.attname = 'customer_id'
         where r.relnamespace = 'public'::regnamespace and not r.relispartition and r.relname <> all($1)
           and (i.indisunique or i.indisexclusion) and a.attnum <> all(i.indkey::int2[])
         order by 1",
    )
    .bind(&NOT_OWNED[..])
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(keys, Vec::<String>::new(), "unique or excluding without customer_id");

    let references: Vec<String> = sqlx::query_scalar(
        "select r.relname || ': ' || c.conname from pg_constraint c join pg_class r on r.oid = c.conrelid
         join pg_attribute there on there.attrelid = c.confrelid and there.attname = 'customer_id'
         left join pg_attribute here on here.attrelid = c.conrelid and here.attname = 'customer_id'
         where c.contype = 'f' and r.relnamespace = 'public'::regnamespace and (here.attnum is null or here.attnum <> all(c.conkey))
         order by 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(references, Vec::<String>::new(), "refers to what a customer owns without naming the customer");
}

/// The query of docs/scaling.md writes the statements that distribute this very schema.
#[sqlx::test(migrations = false)]
async fn every_table_has_its_place_in_the_path_to_shards(pool: PgPool) {
    MIGRATOR.run(&pool).await.unwrap();
    let guide = include_str!("../../../docs/scaling.md");
    let query =
        guide.split("```sql").map(|block| block.split("```").next().unwrap()).find(|block| block.contains("create_distributed_table"));
    let query = query.expect("the query is in the guide").replace("\\gexec", "");
    let statements: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_all(&pool).await.unwrap();
    let named = |function: &str| -> BTreeSet<String> {
        let named = statements.iter().filter_map(|statement| statement.split_once(&format!("{function}('")));
        named.map(|(_, rest)| rest.split('\'').next().unwrap().to_owned()).collect()
    };
    let (distributed, reference, local) =
        (named("create_distributed_table"), named("create_reference_table"), named("citus_add_local_table_to_metadata"));

    let tables: Vec<(String, bool)> = sqlx::query_as(
        "select r.relname::text, exists (select from pg_attribute a where a.attrelid = r.oid and a.attname = 'customer_id' and r.relname <> all($1))
         from pg_class r where r.relkind in ('r', 'p') and not r.relispartition and r.relnamespace = 'public'::regnamespace and r.relname <> '_sqlx_migrations'",
    )
    .bind(&NOT_OWNED[..])
    .fetch_all(&pool)
    .await
    .unwrap();
    let (owned, others): (Vec<_>, Vec<_>) = tables.into_iter().partition(|(_, owned)| *owned);
    assert_eq!(distributed, owned.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>());
    assert_eq!(&reference | &local, others.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>());
    assert!(reference.is_disjoint(&local));
    for growing in ["audit_log", "outbox_event", "idempotency_key"] {
        assert!(local.contains(growing), "{growing} would be written on every node");
    }

    // Distributed tables can have none.
    let triggers: Vec<(String, String)> = sqlx::query_as(
        "select t.tgname::text, r.relname::text from pg_trigger t join pg_class r on r.oid = t.tgrelid
         where not t.tgisinternal and not r.relispartition and r.relname = any($1)",
    )
    .bind(distributed.iter().map(String::as_str).collect::<Vec<_>>())
    .fetch_all(&pool)
    .await
    .unwrap();
    for (trigger, table) in triggers {
        assert!(guide.contains(&format!("drop trigger {trigger} on {table}")), "{trigger} of {table} is not taken away before");
    }
}
