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
