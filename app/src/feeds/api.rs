//! What the imports pages ask of the server.

use guanhu_domain::feeds::{
    EntityShape, ImportReport, LoadRequest, LoadState, Preview, ProfileDetail, ProfileRow, ProfileTables, Reject, Repair, RunDetail,
    RunRow, UploadedFile,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Answer, Fail, wire::Call};

#[cfg(feature = "ssr")]
use {
    crate::server::{acting, answer, settle},
    guanhu_crm::feeds,
};

/// The history and the profiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub runs: Vec<RunRow>,
    pub profiles: Vec<ProfileRow>,
}

#[server(endpoint = "imports/overview", protocol = Call)]
pub async fn read_overview() -> Result<Answer<Overview>, Fail> {
    let (bank, actor) = acting()?;
    let result = async { Ok(Overview { runs: feeds::runs(&bank, &actor).await?, profiles: feeds::profiles(&bank, &actor).await? }) };
    let result = result.await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "imports/begin", protocol = Call)]
pub async fn begin_upload() -> Result<Uuid, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::begin_upload(&bank, &actor).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/files", protocol = Call)]
pub async fn uploaded_files(upload: Uuid) -> Result<Vec<UploadedFile>, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::uploaded_files(&bank, &actor, upload).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/preview", protocol = Call)]
pub async fn preview_files(upload: Uuid, tables: ProfileTables) -> Result<Vec<Preview>, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::preview(&bank, &actor, upload, tables).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/load", protocol = Call)]
pub async fn start_load(request: LoadRequest) -> Result<Uuid, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::start(&bank, &actor, request).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/state", protocol = Call)]
pub async fn read_load(job: Uuid) -> Result<LoadState, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::load_state(&bank, &actor, job).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/cancel", protocol = Call)]
pub async fn cancel_load(job: Uuid) -> Result<(), Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::cancel(&bank, &actor, job).await;
    settle(&bank, &actor, result).await
}

/// A run and its first rejects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPage {
    pub detail: RunDetail,
    pub rejects: Vec<Reject>,
}

/// Rejects on a page.
pub const REJECTS: i64 = 200;

#[server(endpoint = "imports/run", protocol = Call)]
pub async fn read_run(run: Uuid) -> Result<Answer<RunPage>, Fail> {
    let (bank, actor) = acting()?;
    let result = async {
        let detail = feeds::run_detail(&bank, &actor, run).await?;
        let rejects = if detail.row.total.rejected > 0 { feeds::rejects(&bank, &actor, run, 0, REJECTS).await? } else { Vec::new() };
        Ok(RunPage { detail, rejects })
    };
    let result = result.await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "imports/rejects", protocol = Call)]
pub async fn more_rejects(run: Uuid, after: i64) -> Result<Vec<Reject>, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::rejects(&bank, &actor, run, after, REJECTS).await;
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/resubmit", protocol = Call)]
pub async fn resubmit(run: Uuid, repairs: Vec<Repair>) -> Result<ImportReport, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::resubmit(&bank, &actor, run, repairs).await;
    settle(&bank, &actor, result).await
}

/// A profile opened for editing, and what it may map to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditorPage {
    pub profile: ProfileDetail,
    pub entities: Vec<EntityShape>,
}

/// The newest version of `name`; a draft from the uploaded files where there is none.
#[server(endpoint = "imports/profile", protocol = Call)]
pub async fn open_profile(name: String, upload: Option<Uuid>) -> Result<Answer<EditorPage>, Fail> {
    let (bank, actor) = acting()?;
    let result = async {
        let known = feeds::open_profile(&bank, &actor, &name).await;
        let profile = match (known, upload) {
            (Err(error), Some(upload)) if error.code() == guanhu_domain::Code::NotFound => {
                let tables = feeds::draft_profile(&bank, &actor, upload, &name).await?;
                ProfileDetail { version: 0, text: String::new(), tables }
            }
            (known, _) => known?,
        };
        Ok(EditorPage { profile, entities: feeds::entity_shapes(&actor)? })
    };
    let result = result.await;
    answer(&bank, &actor, result).await
}

#[server(endpoint = "imports/profile_text", protocol = Call)]
pub async fn write_toml(tables: ProfileTables) -> Result<String, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::profile_text(&actor, tables);
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/profile_tables", protocol = Call)]
pub async fn read_toml(text: String) -> Result<ProfileTables, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::profile_tables(&actor, &text);
    settle(&bank, &actor, result).await
}

#[server(endpoint = "imports/save_profile", protocol = Call)]
pub async fn save_profile(text: String, version: i32) -> Result<ProfileDetail, Fail> {
    let (bank, actor) = acting()?;
    let result = feeds::save_profile(&bank, &actor, &text, version).await;
    settle(&bank, &actor, result).await
}
