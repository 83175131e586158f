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

/// Sends the chosen file to `address`; `then` gets the answer. The same file can be chosen again afterwards.
pub fn send_file<T: serde::de::DeserializeOwned + 'static>(
    address: String,
    input: NodeRef<html::Input>,
    then: impl FnOnce(Result<T, Fail>) + 'static,
) {
    #[cfg(feature = "hydrate")]
    {
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        crate::upload::send(&address, &file, |_, _| {}, then);
        input.set_value("");
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (address, input, then);
}

/// Whether a file is chosen.
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
    use guanhu_domain::feeds::UploadedFile;
    use leptos::prelude::*;
    use uuid::Uuid;

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
        let address = format!("/imports/files?upload={upload}&name={}", leptos_router::location::Url::escape(&name));
        let moved = move |sent, all| progress.run((name.clone(), sent, all));
        crate::upload::send(&address, &file, moved, move |outcome| {
            let failed = outcome.is_err();
            done.run(outcome);
            if failed {
                ended.run(());
            } else {
                next(upload, files, progress, done, ended);
            }
        });
    }
}
