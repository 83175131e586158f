//! Why a customer is in its tier, told with the customer's page in one statement.

use std::{cell::RefCell, sync::Once};

use guanhu_crm::{
    customers,
    testing::World,
    tiers::{self, shipped},
};
use guanhu_domain::{
    CustomerNo,
    customers::Kind,
    rules::{Condition, Fact},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use tracing::field::{Field, Visit};
use tracing_subscriber::{Layer, layer::SubscriberExt, registry};

use super::{published, scheme, tier};

thread_local! {
    /// What this thread has asked of the database since it began to listen, apart from writing the audit log.
    static ASKED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// From here on what this thread asks is noted. The subscriber is everybody's: whether one is interested at all is
/// remembered of all threads together.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(registry().with(Listener)).unwrap());
    ASKED.set(Some(Vec::new()));
}

fn asked() -> Vec<String> {
    ASKED.with_borrow_mut(|asked| asked.as_mut().map(std::mem::take).unwrap_or_default())
}

struct Listener;

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            event.record(&mut Note);
        }
    }
}

struct Note;

impl Visit for Note {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" && !value.contains("audit_log") {
            ASKED.with_borrow_mut(|asked| {
                if let Some(asked) = asked {
                    asked.push(value.to_owned());
                }
            });
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn rule(json: Value) -> Condition {
    serde_json::from_value(json).unwrap()
}

#[sqlx::test(migrations = false)]
async fn the_page_of_a_customer_is_one_statement_with_the_reasons_of_the_tier(pool: PgPool) {
    let world = World::new(pool).await;
    let id = world.customer("张小伟", "E1", Some("M-ALICE"), 60_000).await;
    let spouse = world.customer("李娜", "W1", Some("M-WANG"), 2_000_000).await;
    scheme(&world).await;
    sqlx::query("update customer set education = 'bachelor' where customer_id = $1").bind(id).execute(&world.owner).await.unwrap();
    sqlx::query(
        "insert into customer_relation (customer_id, related_id, kind, inverse) values ($1, $2, 'spouse', false), ($2, $1, 'spouse', true)",
    )
    .bind(id)
    .bind(spouse)
    .execute(&world.owner)
    .await
    .unwrap();
    let no = CustomerNo::from_id(id);
    let (alice, boss) = (world.actor("alice").await, world.actor("boss").await);
    let bank = &world.bank;
    listen();

    // As shipped no rule asks for relatives; then gold is for who has somebody rich, platinum for masters.
    let sheet = customers::sheet(bank, &alice, no).await.unwrap();
    assert_eq!(asked().len(), 1);
    assert_eq!(sheet.standing.unwrap().next.unwrap().code, shipped::definition(Kind::Personal).tiers[0].code, "nobody has been evaluated");
    let mut definition = shipped::definition(Kind::Personal);
    let at = |code: &str| definition.tiers.iter().position(|tier| tier.code == code).unwrap();
    let (gold, platinum) = (at("gold"), at("platinum"));
    definition.tiers[gold].rule.when =
        rule(json!({ "related": { "kind": "spouse", "who": { "compare": { "field": "aum", "op": "ge", "value": 100_000_000 } } } }));
    definition.tiers[platinum].rule.when = rule(json!({ "all": [
        { "one_of": { "field": "education", "values": ["master"] } }, { "holds": { "product": "CUR" } }, { "not": { "holds": { "product": "WEALTH" } } },
    ] }));
    published(&world, definition, None).await;
    tiers::evaluate_due(bank).await.unwrap();
    assert_eq!(tier(&world, id).await.as_deref(), Some("gold"));
    bank.flush().await;

    asked();
    let told = customers::sheet(bank, &alice, no).await.unwrap().standing.unwrap();
    assert_eq!(asked().len(), 1, "related customers too");
    let alone = tiers::explain(bank, &alice, no).await.unwrap();
    assert_eq!((asked().len(), &alone), (1, &told));
    bank.flush().await;
    let viewed: i64 = sqlx::query_scalar("select count(*) from audit_log where verb = 'customer.view' and subject = $1")
        .bind(customers::subject(no))
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(viewed, 3, "the page twice, the tier once");

    // Alice does not see the spouse: that somebody counts is all she learns.
    assert_eq!((told.tier.as_ref().map(|tier| tier.code.as_str()), told.because.len(), told.beyond), (Some("gold"), 0, true));
    assert_eq!(told.next.as_ref().map(|tier| tier.code.as_str()), Some("platinum"));
    let [missing] = &told.missing[..] else { panic!("{:?}", told.missing) };
    assert_eq!(missing.actual, Some(Fact::Text("bachelor".into())));
    let mut named: Vec<_> = told.names.iter().map(|name| (name.list.as_str(), name.code.as_str())).collect();
    named.sort_unstable();
    assert_eq!(named, [("education", "bachelor"), ("education", "master")], "and no product, which is no reason");
    let told = customers::sheet(bank, &boss, no).await.unwrap().standing.unwrap();
    assert_eq!((told.because.len(), told.beyond), (1, false));

    // From the replica where there is one: here one that knows of no publication.
    sqlx::raw_sql(
        "create schema stale; create table stale.tier_publication as table public.tier_publication with no data;
         grant usage on schema stale to guanhu_app; grant select on stale.tier_publication to guanhu_app",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    let replica = world.owner.connect_options().as_ref().clone();
    let replica = replica.options([("role", "guanhu_app"), ("jit", "off"), ("search_path", "stale,public")]);
    let reading = bank.clone().with_replica_at(replica, 10);
    assert_eq!(customers::sheet(&reading, &alice, no).await.unwrap().standing.unwrap().next, None);
    assert_eq!(tiers::explain(&reading, &alice, no).await.unwrap().next, None);

    // A rule that this version does not understand takes the reasons away, and nothing else.
    sqlx::raw_sql("update tier_version set definition = jsonb_set(definition, '{tiers,0,rule,when}', '{\"moon\": 1}')")
        .execute(&world.owner)
        .await
        .unwrap();
    let sheet = customers::sheet(bank, &alice, no).await.unwrap();
    assert_eq!((sheet.standing, sheet.customer.name.as_str()), (None, "张小伟"));
}
