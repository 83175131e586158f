//! What people ask all day: lists in every order, search, customers, boards; as three roles.
//!
//! Each question is asked 20 times to warm up and 200 times in turn on one connection. Beside it stand, from the same
//! run, the statements behind it asked bare through pgbench, and an answer that asks no database. Then many
//! connections ask at once.

use serde_json::json;

use super::{
    asked::{self, Question},
    bare::Bare,
    dashboards::most_held,
    http::{Connection, encoded},
};
use crate::Outcome;

/// Customers that a deep page lies behind.
const DEEP: usize = 10_000;
/// Of everybody's lists, and those that only a portfolio has. They are REST's words.
const ORDERS: &[&str] = &["aum", "name", "-tier", "last_contact", "opened", "-deposits", "-loans", "next_maturity", "-opened"];
const ORDERS_OF_PORTFOLIOS: &[&str] = &["next_due", "-wealth", "-contribution", "trend", "-alerts", "-accounts", "completeness"];

pub(crate) fn measure() -> Outcome {
    asked::measure("reads", &questions)
}

/// What whoever is logged in asks, with names and numbers of the own customers.
fn questions(connection: &mut Connection, owner: &Bare, role: &str) -> Outcome<Vec<Question>> {
    connection.browses = false;
    let first = connection.ask("/api/v1/customers?limit=50", None)?.json()?;
    let Some(name) = first["items"][0]["name"].as_str() else { return Err(format!("no customer in {first}")) };
    let name: String = name.chars().take(2).collect();
    let mine = |order: &str| one_of_mine(owner, role, order);
    let (small, large, phone) = (mine("s.accounts, s.aum, s.customer_id")?, mine("s.accounts desc, s.customer_id")?, phone(owner, role)?);
    let list = |query: &str| format!("/api/v1/customers?limit=50{query}");

    let mut asked = vec![Question::rest("list", list(""))];
    if let Some(after) = first["next"].as_str() {
        asked.push(Question::rest("list, next page", list(&format!("&after={}", encoded(after)))));
    }
    if let Some((behind, after)) = deep(connection)? {
        asked.push(Question::rest(&format!("list, behind {behind}"), list(&format!("&after={}", encoded(&after)))));
    }
    let portfolio = ORDERS_OF_PORTFOLIOS.iter().filter(|_| role == "manager");
    for order in ORDERS.iter().chain(portfolio) {
        asked.push(Question::rest(&format!("list by {order}"), list(&format!("&sort={order}"))).alone());
    }
    for (what, query) in [
        ("list of a tier", "&tier=gold"),
        ("list of a state", "&state=dormant"),
        ("list of companies", "&kind=corporate"),
        ("list within amounts", "&aum_min=10000000&aum_max=50000000"),
        ("list of the long silent", "&quiet_days=90"),
        ("search pinyin", "&q=zhang"),
        ("search initials", "&q=zw"),
    ] {
        asked.push(Question::rest(what, list(query)));
    }
    if let Some(product) = most_held(connection)? {
        asked.push(Question::rest("list of holders", list(&format!("&product={product}"))));
        asked.push(Question::rest("list of others", list(&format!("&product=!{product}"))));
    }
    asked.push(Question::rest("search 2 characters", list(&format!("&q={}", encoded(&name)))));
    asked.push(Question::rest("search phone", list(&format!("&q={}", encoded(&phone)))));
    asked.push(Question::rest("search number", list(&format!("&q={large}"))));
    asked.push(Question::rest("customer, small", format!("/api/v1/customers/{small}")));
    asked.push(Question::rest("customer, large", format!("/api/v1/customers/{large}")));
    for part in ["accounts", "transactions", "timeline", "contribution"] {
        asked.push(Question::rest(part, format!("/api/v1/customers/{large}/{part}")));
    }
    asked.push(Question::rest("transfers", "/api/v1/transfers"));
    asked.push(Question::rest("opportunities", "/api/v1/opportunities"));
    asked.push(Question::rest("groups", "/api/v1/groups"));
    if role == "manager" {
        asked.push(Question::rest("pool", "/api/v1/pool"));
    }
    let board = Question::of_a_page("board", "board/look", &json!({"query": {"limit": 40}}));
    asked.extend(column(connection, &board)?);
    asked.push(board);
    asked.push(Question::page("page of the list", "/customers"));
    asked.push(Question::page("page of a customer", format!("/customers/{large}")));
    asked.push(Question::page("page of the board", "/board"));
    Ok(asked)
}

/// Where the page begins that lies behind [`DEEP`] customers, or behind all but the last ones.
fn deep(connection: &mut Connection) -> Outcome<Option<(usize, String)>> {
    let (mut behind, mut place): (usize, Option<String>) = (0, None);
    while behind < DEEP {
        let after = place.as_deref().map(|after| format!("&after={}", encoded(after))).unwrap_or_default();
        let page = connection.ask(&format!("/api/v1/customers?limit=200{after}"), None)?.json()?;
        let Some(next) = page["next"].as_str() else { break };
        behind += page["items"].as_array().map_or(0, Vec::len);
        place = Some(next.to_owned());
    }
    Ok(place.map(|place| (behind, place)))
}

/// The first page of the column with the most cards.
fn column(connection: &mut Connection, board: &Question) -> Outcome<Option<Question>> {
    let page = board.ask(connection)?.json()?;
    let cards = |column: &serde_json::Value| column["cards"].as_array().map_or(0, Vec::len);
    let fullest = page["cards"].as_array().into_iter().flatten().max_by_key(|column| cards(column));
    let Some(key) = fullest.and_then(|column| column["column"].as_str()) else { return Ok(None) };
    let query = json!({"query": {"unit": page["board"]["unit"]["code"], "columns": [key], "limit": 40}});
    Ok(Some(Question::of_a_page("column of the board", "board/cards", &query)))
}

/// Whom a login may see, before an order.
const MINE: &str =
    "from customer_summary s, app_user u where u.login = '$' and case u.role when 'manager' then s.lead_staff_id = u.staff_id
    else s.org_id = any(array(select org_id from org_unit where path @> array[u.org_id])) end";

/// The number of the first of the own customers in this order.
fn one_of_mine(owner: &Bare, login: &str, order: &str) -> Outcome<String> {
    let no = owner.owner(&format!("select customer_no(s.customer_id) {} order by {order} limit 1", MINE.replace('$', login)))?;
    if no.is_empty() { Err(format!("{login} has no customer")) } else { Ok(no) }
}

/// A phone number of one of the own customers.
fn phone(owner: &Bare, login: &str) -> Outcome<String> {
    let some = format!("select s.customer_id {} order by s.aum desc, s.customer_id limit 100", MINE.replace('$', login));
    owner.owner(&format!(
        "select value from customer_contact where kind = 'mobile' and customer_id in ({some}) order by customer_id limit 1"
    ))
}
