//! Sending files, with progress: what `fetch` cannot tell.

use guanhu_domain::feeds::UploadedFile;
use leptos::{html, prelude::*};
use uuid::Uuid;

use crate::Fail;

/// Sends the chosen files one after another. `progress` gets a file's name, bytes sent and bytes in all;
/// `done` each file's outcome; `ended` the end of them all.
pub fn send_files(
    upload: Uuid,
    input: NodeRef<html::Input>,
    progress: Callback<(String, u64, u64)>,
    done: Callback<Result<UploadedFile, Fail>>,
    ended: Callback<()>,
) {
    #[cfg(feature = "hydrate")]
    {
        let Some(files) = input.get_untracked().and_then(|input| input.files()) else { return };
        let files: Vec<web_sys::File> = (0..files.length()).filter_map(|at| files.get(at)).collect();
        if let Some(input) = input.get_untracked() {
            // Choosing the same file again is a change again.
            let chosen = files.clone();
            sending::next(upload, chosen, progress, done, ended);
            input.set_value("");
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (upload, input, progress, done, ended);
}

/// How many files are chosen.
pub fn has_files(input: NodeRef<html::Input>) -> bool {
    #[cfg(feature = "hydrate")]
    return input.get_untracked().and_then(|input| input.files()).is_some_and(|files| files.length() > 0);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = input;
        false
    }
}

/// Runs `then` after so many milliseconds.
pub fn after(milliseconds: u64, then: impl FnOnce() + 'static) {
    set_timeout(then, std::time::Duration::from_millis(milliseconds));
}

#[cfg(feature = "hydrate")]
mod sending {
    use guanhu_domain::{Code, Problem, feeds::UploadedFile};
    use leptos::prelude::*;
    use uuid::Uuid;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{ProgressEvent, XmlHttpRequest};

    use crate::Fail;

    pub fn next(
        upload: Uuid,
        mut files: Vec<web_sys::File>,
        progress: Callback<(String, u64, u64)>,
        done: Callback<Result<UploadedFile, Fail>>,
        ended: Callback<()>,
    ) {
        if files.is_empty() {
            ended.run(());
            return;
        }
        let file = files.remove(0);
        let name = file.name();
        let offline = || Fail::new(Code::Offline);
        let Ok(request) = XmlHttpRequest::new() else { return done.run(Err(offline())) };
        let query = format!("/imports/files?upload={upload}&name={}", leptos_router::location::Url::escape(&name));
        if request.open("POST", &query).is_err() {
            return done.run(Err(offline()));
        }
        let moved = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            progress.run((name.clone(), event.loaded() as u64, event.total() as u64));
        });
        if let Ok(sender) = request.upload() {
            sender.set_onprogress(Some(moved.as_ref().unchecked_ref()));
        }
        let over = Closure::once_into_js({
            let request = request.clone();
            move || {
                // Kept until here: the browser calls it while sending.
                drop(moved);
                let text = request.response_text().ok().flatten().unwrap_or_default();
                let outcome = match request.status() {
                    Ok(200) => serde_json::from_str(&text).map_err(|_| Fail::new(Code::Busy)),
                    Ok(0) | Err(_) => Err(offline()),
                    Ok(_) => Err(serde_json::from_str::<Problem>(&text).map_or_else(|_| Fail::new(Code::Busy), Fail)),
                };
                let failed = outcome.is_err();
                done.run(outcome);
                if failed {
                    ended.run(());
                } else {
                    next(upload, files, progress, done, ended);
                }
            }
        });
        request.set_onloadend(Some(over.unchecked_ref()));
        let _ = request.send_with_opt_blob(Some(&file));
    }
}
