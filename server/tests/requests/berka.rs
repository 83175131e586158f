//! A real bank's files loaded, and then looked at as its people do: log in, find a customer by number, and
//! see balances, loan, card, standing orders and transactions as they stand in the files.
//!
//! The data set is not part of the project. The test looks for a folder `data/berka` in the
//! neighbourhood of the project, or where `GUANHU_BERKA_DIR` says (`none`: nowhere). Without it the test passes and says
//! that it did not run; a folder that was named and has no files fails.

use std::{collections::BTreeMap, path::Path};

use axum::http::StatusCode;
use chrono::{Months, NaiveDate};
use guanhu_crm::{
    Actor, Bank, Keys, MIGRATOR,
    access::users,
    feeds::{self, ImportRequest, Profile},
    testing::World,
};
use guanhu_domain::{
    CustomerNo,
    access::{
        Role,
        users::{Grant, NewUser},
    },
    feeds::RunState,
};
use serde_json::{Value, json};
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::site::Site;

#[path = "../../crm/tests/berka/place.rs"]
mod place;

/// A file's rows by the value of one of their columns.
fn rows(dir: &Path, file: &str, key: usize) -> BTreeMap<String, Vec<Vec<String>>> {
    let text = std::fs::read_to_string(dir.join(file)).unwrap();
    let mut rows: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<String> = line.split(';').map(|cell| cell.trim_matches('"').to_owned()).collect();
        rows.entry(cells[key].clone()).or_default().push(cells);
    }
    rows
}

/// `930705` is 1993-07-05.
fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(&format!("19{}", &text[..6]), "%Y%m%d").unwrap()
}

fn hellers(text: &str) -> i64 {
    (text.parse::<f64>().unwrap() * 100.0).round() as i64
}

async fn loaded(owner: PgPool, dir: &Path) -> World {
    MIGRATOR.run(&owner).await.unwrap();
    let options = owner.connect_options().as_ref().clone().options([("role", "guanhu_app")]);
    let pool = PgPoolOptions::new().max_connections(4).connect_lazy_with(options);
    let bank = Bank::over(pool, Keys::derive(b"only for tests, and long enough to be a secret"));
    let profile_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../profiles/berka");
    let profile = Profile::parse(&std::fs::read_to_string(profile_dir.join("berka.toml")).unwrap()).unwrap();
    let request = ImportRequest {
        profile,
        profile_dir: Some(profile_dir),
        dir: dir.to_owned(),
        business_date: None,
        dry_run: false,
        rejects_dir: None,
    };
    let report = feeds::import(&bank, &Actor::system(), request, |_| {}).await.unwrap();
    assert_eq!((report.state, report.total.rejected), (RunState::Done, 0));
    World { bank, owner }
}

#[sqlx::test(migrations = false)]
async fn a_manager_of_the_berka_bank_sees_what_the_files_say(owner: PgPool) {
    let Some(dir) = place::find() else { return };
    let world = loaded(owner, &dir).await;
    let new = NewUser {
        login: "praha".into(),
        name: "Board".into(),
        grant: Grant { role: Role::Executive, org: "BK".into(), staff: None },
        reason: "test".into(),
    };
    users::add(&world.bank, &Actor::system(), &new, World::PASSWORD).await.unwrap();
    let site = Site::over(world);
    let token = site.bearer("praha").await;
    let get = async |path: String| {
        let answer = site.ask("GET", &format!("/api/v1/customers{path}"), &[("authorization", &token)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    };

    let (loans, cards, orders) = (rows(&dir, "loan.asc", 1), rows(&dir, "card.asc", 1), rows(&dir, "order.asc", 1));
    let transactions = rows(&dir, "trans.asc", 1);
    let owners: Vec<Vec<String>> = rows(&dir, "disp.asc", 3).remove("OWNER").unwrap();
    let mut seen = 0;
    for owner in owners {
        let [disposition, client, account, _] = &owner[..] else { panic!("{owner:?}") };
        let (Some(loan), Some(card), Some(booked)) = (loans.get(account), cards.get(disposition), transactions.get(account)) else {
            continue;
        };
        let last = booked.iter().map(|row| &row[2]).max().unwrap();
        // One transaction on the last day: its balance is what is left, whatever the order of the others.
        let closing: Vec<&Vec<String>> = booked.iter().filter(|row| row[2] == *last).collect();
        let [closing] = closing[..] else { continue };
        seen += 1;

        let id: i64 =
            sqlx::query_scalar("select customer_id from customer_identity where kind = 'source_key' and system = 'berka' and value = $1")
                .bind(client)
                .fetch_one(&site.world.owner)
                .await
                .unwrap();
        let no = CustomerNo::from_id(id);
        let found = get(format!("?q={no}")).await;
        assert_eq!(found["total"]["count"], 1, "{no}");
        assert_eq!((&found["items"][0]["customer_no"], &found["items"][0]["name"]), (&json!(no), &json!(format!("Client {client}"))));

        let whole = get(format!("/{no}")).await;
        let holding = |category: &str| {
            let all = whole["holdings"].as_array().unwrap();
            all.iter()
                .find(|holding| holding["category"] == category && holding["owner"].is_null())
                .unwrap_or_else(|| panic!("{no}: {category}"))
        };
        let current = holding("current");
        assert_eq!((&current["currency"], &current["balance"]), (&json!("CZK"), &json!(hellers(&closing[6]))), "client {client}");
        assert_eq!(whole["deposits"], json!(hellers(&closing[6])), "client {client}");

        let [loan] = &loan[..] else { panic!("one loan to an account") };
        let granted = day(&loan[2]);
        let due = holding("loan");
        assert_eq!(
            (&due["limit_amount"], &due["term_months"], &due["payment"], &due["opened_on"], &due["matures_on"], &due["contract_no"]),
            (
                &json!(hellers(&loan[3])),
                &json!(loan[4].parse::<i32>().unwrap()),
                &json!(hellers(&loan[5])),
                &json!(granted),
                &json!(granted + Months::new(loan[4].parse().unwrap())),
                &json!(format!("L{}", loan[0])),
            ),
            "client {client}"
        );
        let state = match loan[6].as_str() {
            "A" => "settled",
            "B" => "defaulted",
            "C" => "active",
            _ => "overdue",
        };
        assert_eq!(due["status"], state, "client {client}");

        let shown: Vec<(Value, Value)> =
            whole["cards"].as_array().unwrap().iter().map(|card| (card["kind"].clone(), card["issued_on"].clone())).collect();
        let issued: Vec<(Value, Value)> = card.iter().map(|card| (json!(card[2]), json!(day(&card[3])))).collect();
        assert_eq!(shown, issued, "client {client}");

        let mut paid: Vec<i64> =
            whole["standing_orders"].as_array().unwrap().iter().map(|order| order["amount"].as_i64().unwrap()).collect();
        let mut ordered: Vec<i64> = orders.get(account).into_iter().flatten().map(|order| hellers(&order[4])).collect();
        paid.sort_unstable();
        ordered.sort_unstable();
        assert_eq!(paid, ordered, "client {client}");

        // Page by page, newest first.
        let name = current["account"].as_str().unwrap();
        let mut listed = Vec::new();
        let mut after = String::new();
        loop {
            let page = get(format!("/{no}/transactions?account={name}{after}")).await;
            for item in page["items"].as_array().unwrap() {
                listed.push((
                    item["booked_on"].as_str().unwrap().to_owned(),
                    item["direction"] == "credit",
                    item["amount"].as_i64().unwrap(),
                    item["balance_after"].as_i64().unwrap(),
                ));
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert!(listed.is_sorted_by(|one, next| one.0 >= next.0), "client {client}: newest first");
        let mut written: Vec<_> =
            booked.iter().map(|row| (day(&row[2]).to_string(), row[3] == "PRIJEM", hellers(&row[5]), hellers(&row[6]))).collect();
        listed.sort();
        written.sort();
        assert_eq!(listed, written, "client {client}");
        if seen == 12 {
            break;
        }
    }
    assert_eq!(seen, 12, "customers with loan, card and transactions");

    // Whoever is not in the bank sees none of it.
    let stranger = site.ask("GET", "/api/v1/customers", &[], "").await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
}
