//! Failures as RFC 9457 writes them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use guanhu_crm::Bank;
use guanhu_domain::{Lang, Problem};
use serde_json::{Value, json};

use crate::session::Caller;

/// A problem and the language to tell it in.
#[derive(Debug)]
pub struct Refused(Box<Problem>, Lang);

impl Refused {
    pub fn new(problem: Problem, lang: Lang) -> Refused {
        Refused(Box::new(problem), lang)
    }
}

/// The end of every handler: settles the result of a verb.
pub async fn settle<T>(bank: &Bank, caller: &Caller, result: guanhu_crm::Result<T>) -> Result<T, Refused> {
    bank.settle(Some(&caller.actor), result).await.map_err(|problem| Refused::new(problem, caller.lang))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Refused(problem, lang) = self;
        let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // The problem as pages know it, and what RFC 9457 calls it.
        let mut body = json!(problem);
        body["type"] = json!(format!("urn:guanhu:problem:{}", problem.code.code()));
        body["title"] = json!(problem.message(lang));
        body["status"] = json!(status.as_u16());
        let told: Vec<String> = problem.fields.iter().map(|field| field.rule.message(lang)).collect();
        if let Some(Value::Array(mut fields)) = body.as_object_mut().and_then(|body| body.remove("fields")) {
            for (field, message) in fields.iter_mut().zip(&told) {
                field["message"] = json!(message);
            }
            body["detail"] = json!(told.join(" "));
            body["errors"] = Value::Array(fields);
        }
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response();
        if let Some(seconds) = problem.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
