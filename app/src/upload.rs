//! Sending a file from the browser, with progress: what `fetch` cannot tell.

use guanhu_domain::{Code, Problem};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use crate::Fail;

/// Posts a file as it is. `progress` gets the bytes sent and the bytes in all; `then` the server's answer.
pub fn send<T: DeserializeOwned + 'static>(
    address: &str,
    file: &File,
    mut progress: impl FnMut(u64, u64) + 'static,
    then: impl FnOnce(Result<T, Fail>) + 'static,
) {
    // To quote where no answer of the server's own comes back, as with all that a page asks.
    let name = Uuid::new_v4().to_string();
    let header = name.clone();
    let without_answer = move |code: Code| Fail(Problem { reference: Some(name.clone()), ..Problem::new(code) });
    let Ok(request) = XmlHttpRequest::new() else { return then(Err(without_answer(Code::Offline))) };
    if request.open("POST", &crate::practice::address(address)).is_err() {
        return then(Err(without_answer(Code::Offline)));
    }
    let _ = request.set_request_header("x-request-id", &header);
    let moved = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| progress(event.loaded() as u64, event.total() as u64));
    if let Ok(sender) = request.upload() {
        sender.set_onprogress(Some(moved.as_ref().unchecked_ref()));
    }
    let over = Closure::once_into_js({
        let request = request.clone();
        move || {
            // Kept until here: the browser calls it while sending.
            drop(moved);
            let text = request.response_text().ok().flatten().unwrap_or_default();
            then(match request.status() {
                Ok(200) => serde_json::from_str(&text).map_err(|_| without_answer(Code::Busy)),
                Ok(413) => Err(Fail::new(Code::TooLarge)),
                Ok(0) | Err(_) => Err(without_answer(Code::Offline)),
                Ok(_) => Err(serde_json::from_str::<Problem>(&text).map_or_else(|_| without_answer(Code::Busy), Fail)),
            });
        }
    });
    request.set_onloadend(Some(over.unchecked_ref()));
    let _ = request.send_with_opt_blob(Some(file));
}
