//! The dashboards: what each of their pages asks for, the figures that programs ask for, and the pages as they open;
//! as three roles.

use serde_json::json;

use super::{
    asked::{self, Question},
    bare::Bare,
    http::Connection,
};
use crate::Outcome;

pub(crate) fn measure() -> Outcome {
    asked::measure("dashboards", &questions)
}

/// A manager has a page of the own figures; of the others' there is only the own line.
fn questions(connection: &mut Connection, _: &Bare, role: &str) -> Outcome<Vec<Question>> {
    connection.browses = false;
    let all = json!({"query": {}});
    let mut asked = Vec::new();
    let league = connection.ask("/api/v1/managers/performance", None)?.json()?;
    let codes: Vec<&str> = league["items"].as_array().into_iter().flatten().filter_map(|line| line["code"].as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().filter(|code| !code.is_empty()).take(5).collect();
    if role == "manager" {
        asked.push(Question::of_a_page("own figures", "dashboards/manager", &json!({"code": "", "query": {}})));
        asked.push(Question::page("page of the own figures", format!("/dashboards/managers/{}", codes.first().unwrap_or(&""))));
    } else {
        asked.push(Question::of_a_page("bank", "dashboards/bank", &all));
        asked.push(Question::of_a_page("bank of a tier", "dashboards/bank", &json!({"query": {"tier": "gold"}})));
        asked.push(Question::of_a_page("products", "dashboards/products", &all));
        asked.push(Question::of_a_page("value", "dashboards/value", &all));
        let manager = json!({"code": codes.first(), "query": {}});
        asked.push(Question::of_a_page("one manager", "dashboards/manager", &manager));
        if codes.len() > 1 {
            asked.push(Question::of_a_page("managers compared", "dashboards/compare", &json!({"codes": &codes, "query": {}})));
        }
        asked.push(Question::of_a_page("targets", "dashboards/targets", &json!({"query": {}, "indicator": "contribution"})));
        asked.extend(product(connection)?);
        for (what, page) in [("bank", "/dashboards"), ("products", "/dashboards/products"), ("value", "/dashboards/value")] {
            asked.push(Question::page(&format!("page of {what}"), page));
        }
    }
    asked.push(Question::of_a_page("managers", "dashboards/managers", &all));
    asked.push(Question::of_a_page("customers behind a figure", "dashboards/behind", &json!({"query": {}})));
    asked.push(Question::page("page of managers", "/dashboards/managers"));
    asked.push(Question::rest("performance", "/api/v1/managers/performance"));
    for level in ["bank", "unit", "manager", "product", "tier", "household", "group"] {
        asked.push(Question::rest(&format!("contribution by {level}"), format!("/api/v1/contribution?level={level}")));
    }
    asked.push(Question::rest("adoption", "/api/v1/products/adoption"));
    let by: &[&str] = if role == "manager" { &["tier"] } else { &["org", "tier", "age"] };
    for by in by {
        asked.push(Question::rest(&format!("adoption by {by}"), format!("/api/v1/products/adoption?by={by}")));
    }
    // A refusal is quick, and no measure of anything.
    let mut answered = Vec::new();
    for question in asked {
        match question.ask(connection)?.status {
            status @ (403 | 404 | 422) => eprintln!("  {role}, {}: not for this role ({status}), left out", question.what),
            _ => answered.push(question),
        }
    }
    Ok(answered)
}

/// The page of the product that most hold.
fn product(connection: &mut Connection) -> Outcome<Option<Question>> {
    let most = most_held(connection)?;
    Ok(most.map(|code| Question::of_a_page("one product", "dashboards/product", &json!({"code": code, "query": {}}))))
}

/// The code of the product that most of one's customers hold.
pub(crate) fn most_held(connection: &mut Connection) -> Outcome<Option<String>> {
    connection.browses = false;
    let adoption = connection.ask("/api/v1/products/adoption", None)?.json()?;
    let items = adoption["items"].as_array().into_iter().flatten();
    let most = items.max_by_key(|item| item["holders"].as_i64());
    Ok(most.and_then(|item| item["product"].as_str()).map(str::to_owned))
}
