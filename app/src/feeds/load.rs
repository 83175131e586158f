//! `/imports/new`: choose files, choose a mapping, check, load.

use chrono::NaiveDate;
use guanhu_domain::feeds::{ImportReport, LoadRequest, Preview, ProfileRow, Progress as LoadProgress, UploadedFile};
use guanhu_ui::{
    Button, ButtonKind, Choice, DateInput, Field, FileDrop, Glyph, PageHead, Progress, Section, Select, TextInput, t, use_lang,
};
use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::{
    components::A,
    hooks::{use_navigate, use_query_map},
};
use uuid::Uuid;

use super::{
    api::{self, Overview},
    browser,
    mapping::PreviewTable,
    outcome::{CancelLoad, Outcome},
    text,
};
use crate::{
    Asked, Fail,
    attempt::{Attempt, Told},
    loaded::Loaded,
    scripts::LazyPage,
    shell::Protected,
    title::Title,
};

pub struct LoadRoute {
    overview: Asked<Overview>,
}

impl LazyPage for LoadRoute {
    fn data() -> Self {
        LoadRoute { overview: Asked::once(api::read_overview) }
    }

    fn view(this: Self) -> AnyView {
        view! {
            <Title text=t(text::new_load) />
            <Protected>
                <div class="page">
                    <PageHead title=t(text::new_load) above=|| view! { <A href="/imports">{t(text::imports)}</A> } />
                    <Loaded from=this.overview then=|overview| view! { <Steps profiles=overview.profiles /> } />
                </div>
            </Protected>
        }
        .into_any()
    }
}

/// What the page has got so far.
#[derive(Clone, Copy)]
struct Here {
    upload: RwSignal<Option<Uuid>>,
    files: RwSignal<Vec<UploadedFile>>,
    sending: RwSignal<Option<(String, u64, u64)>>,
    profile: RwSignal<String>,
    date: RwSignal<Option<NaiveDate>>,
    previews: RwSignal<Vec<Preview>>,
    progress: RwSignal<Option<LoadProgress>>,
    /// The load that is followed.
    job: RwSignal<Option<Uuid>>,
    report: RwSignal<Option<ImportReport>>,
    attempt: Attempt,
}

#[component]
fn Steps(profiles: Vec<ProfileRow>) -> impl IntoView {
    let query = use_query_map();
    // Coming back from the mapping editor, the files are still there.
    let upload = query.with_untracked(|query| query.get("upload").and_then(|upload| upload.parse().ok()));
    let chosen = query.with_untracked(|query| query.get("profile")).unwrap_or_default();
    let here = Here {
        upload: RwSignal::new(upload),
        files: RwSignal::new(Vec::new()),
        sending: RwSignal::new(None),
        profile: RwSignal::new(chosen),
        date: RwSignal::new(None),
        previews: RwSignal::new(Vec::new()),
        progress: RwSignal::new(None),
        job: RwSignal::new(None),
        report: RwSignal::new(None),
        attempt: Attempt::new(),
    };
    if let Some(upload) = upload {
        Effect::new(move |_| here.attempt.run(api::uploaded_files(upload), move |files| here.files.set(files)));
    }
    view! {
        <FileStep here />
        <MappingStep here profiles />
        <CheckStep here />
    }
}

#[component]
fn FileStep(here: Here) -> impl IntoView {
    let lang = use_lang();
    let node = NodeRef::<html::Input>::new();
    let send = move |upload: Uuid| {
        here.upload.set(Some(upload));
        browser::send_files(
            upload,
            node,
            Callback::new(move |now| here.sending.set(Some(now))),
            Callback::new(move |outcome: Result<UploadedFile, Fail>| match outcome {
                Ok(file) => here.files.update(|files| {
                    files.retain(|known| known.name != file.name);
                    files.push(file);
                    files.sort_by(|a, b| a.name.cmp(&b.name));
                }),
                Err(fail) => here.attempt.refuse(fail),
            }),
            Callback::new(move |()| here.sending.set(None)),
        );
    };
    let chosen = move |()| {
        if !browser::has_files(node) {
            return;
        }
        match here.upload.get_untracked() {
            Some(upload) => send(upload),
            None => here.attempt.run(api::begin_upload(), send),
        }
    };
    let sending = move || {
        here.sending.with(|sending| {
            sending.as_ref().map(|(name, _, _)| {
                let name = name.clone();
                let label = move || text::uploading(lang.get(), &name);
                let done = Signal::derive(move || here.sending.with(|sending| sending.as_ref().map_or(0, |sending| sending.1)));
                let total = Signal::derive(move || here.sending.with(|sending| sending.as_ref().map(|sending| sending.2)));
                view! { <Progress label done total /> }
            })
        })
    };
    let list = move || {
        let files = here.files.get();
        (!files.is_empty()).then(|| {
            let item = |file: UploadedFile| view! { <li><span>{file.name}</span><span class="faint num">{size(file.bytes)}</span></li> };
            view! { <ul class="feed-files">{files.into_iter().map(item).collect_view()}</ul> }
        })
    };
    view! {
        <Section title=t(text::step_files) help="imports#load">
            <div class="stack">
                <FileDrop name="feed" node multiple=true label=t(text::drop_files) hint=t(text::drop_hint) on_change=chosen />
                {sending}
                {list}
            </div>
        </Section>
    }
}

/// `1.4 MB`.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[component]
fn MappingStep(here: Here, profiles: Vec<ProfileRow>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let navigate = use_navigate();
    let choices: Vec<Choice> = profiles
        .into_iter()
        .map(|row| {
            let label = if row.title.is_empty() { row.name.clone() } else { format!("{} · {}", row.name, row.title) };
            Choice::new(row.name, label)
        })
        .collect();
    let usable = move || {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        here.files.with(|files| !files.is_empty()) && name.with(|name| !name.is_empty() && name.chars().all(plain))
    };
    let draft = move |_| {
        if let Some(upload) = here.upload.get_untracked() {
            navigate(&format!("/imports/mappings/{}?upload={upload}", name.get_untracked()), Default::default());
        }
    };
    let edit = move || {
        let profile = here.profile.get();
        (!profile.is_empty()).then(|| {
            let upload = here.upload.get().map(|upload| format!("?upload={upload}")).unwrap_or_default();
            view! { <Button href=format!("/imports/mappings/{profile}{upload}") icon=Glyph::Edit>{t(text::edit_mapping)}</Button> }
        })
    };
    view! {
        <Section title=t(text::step_mapping)>
            <div class="feed-form">
                <Field name="profile" help="imports#mapping" label=t(text::profile)>
                    <Select value=here.profile choices />
                </Field>
                <Field name="business-date" help="imports#date" label=t(text::business_date) hint=t(text::business_date_hint)>
                    <DateInput value=here.date />
                </Field>
                <div class="feed-form-end">{edit}</div>
            </div>
            <details class="feed-new">
                <summary>{t(text::new_mapping)}</summary>
                <div class="feed-form">
                    <Field name="mapping-name" label=t(text::new_mapping_name) hint=t(text::name_hint)>
                        <TextInput value=name maxlength=40 />
                    </Field>
                    <div class="feed-form-end">
                        <Button icon=Glyph::Plus disabled=Signal::derive(move || !usable()) on_click=draft>
                            {t(text::new_mapping)}
                        </Button>
                    </div>
                </div>
            </details>
        </Section>
    }
}

#[component]
fn CheckStep(here: Here) -> impl IntoView {
    let lang = use_lang();
    let ready = Signal::derive(move || {
        here.files.with(|files| !files.is_empty()) && here.profile.with(|profile| !profile.is_empty()) && here.sending.with(Option::is_none)
    });
    let running = Memo::new(move |_| here.progress.with(Option::is_some));
    let preview = move |_| {
        let Some(upload) = here.upload.get_untracked() else { return };
        let profile = here.profile.get_untracked();
        let call = async move {
            let page = api::open_profile(profile, None).await?.read()?;
            api::preview_files(upload, page.profile.tables).await
        };
        here.attempt.run(call, move |previews| here.previews.set(previews));
    };
    let load = move |dry_run: bool| {
        let Some(upload) = here.upload.get_untracked() else { return };
        let request = LoadRequest { upload, profile: here.profile.get_untracked(), business_date: here.date.get_untracked(), dry_run };
        here.report.set(None);
        here.attempt.run(api::start_load(request), move |job| follow(here, job));
    };
    let bar = move || {
        here.progress.with(|progress| {
            progress.as_ref().map(|progress| {
                let (file, rows) = (progress.file.clone(), guanhu_ui::format_count(progress.rows as i64));
                let label = move || match file.as_str() {
                    "" => text::summaries(lang.get()).to_owned(),
                    file => text::loading_file(lang.get(), file, &rows),
                };
                // Each file is one step; within it bytes tell how far.
                let share = progress.bytes.saturating_mul(1000) / progress.bytes_total.max(1);
                let done = Signal::stored(progress.step as u64 * 1000 + share.min(1000));
                let total = Signal::stored(Some(progress.steps.max(1) as u64 * 1000));
                view! { <Progress label done total /> }
            })
        })
    };
    let cancel = move || {
        let job = here.job.get().filter(|_| running.get())?;
        Some(view! { <div class="line"><CancelLoad job /></div> })
    };
    let outcome = move || {
        here.report.get().map(|report| {
            let link = (!report.dry_run).then(|| {
                view! { <Button href=format!("/imports/runs/{}", report.run) icon=Glyph::Right>{t(text::see_run)}</Button> }
            });
            view! {
                <Outcome report />
                {link}
            }
        })
    };
    let previews = move || {
        let previews = here.previews.get();
        (!previews.is_empty()).then(|| {
            view! {
                <details class="feed-previews" open=true>
                    <summary>{t(text::preview)} <span class="faint">{t(text::preview_note)}</span></summary>
                    {previews.into_iter().map(|preview| view! { <PreviewTable preview /> }).collect_view()}
                </details>
            }
        })
    };
    let blocked = Signal::derive(move || !ready.get() || running.get());
    view! {
        <Section title=t(text::step_check)>
            <div class="stack">
                <div class="line">
                    <Button icon=Glyph::Eye disabled=blocked busy=here.attempt.busy on_click=preview>{t(text::preview)}</Button>
                    <Button icon=Glyph::Check disabled=blocked on_click=move |_| load(true)>{t(text::check)}</Button>
                    <Button kind=ButtonKind::Primary icon=Glyph::Import disabled=blocked on_click=move |_| load(false)>
                        {t(text::load)}
                    </Button>
                </div>
                <Told attempt=here.attempt />
                <Wrong attempt=here.attempt />
                {bar}
                {cancel}
                {outcome}
                {previews}
            </div>
        </Section>
    }
}

/// What is wrong with the mapping or a file, with its place.
#[component]
pub fn Wrong(attempt: Attempt) -> impl IntoView {
    let errors = ["profile", "file"].map(|field| attempt.error(field));
    move || errors.iter().find_map(|error| error.get()).map(|message| view! { <pre class="feed-wrong" role="alert">{message}</pre> })
}

/// Asks until the load has ended.
fn follow(here: Here, job: Uuid) {
    if here.job.get_untracked() != Some(job) {
        here.job.set(Some(job));
    }
    here.progress.set(Some(LoadProgress {
        file: String::new(),
        entity: String::new(),
        rows: 0,
        bytes: 0,
        bytes_total: 0,
        step: 0,
        steps: 1,
    }));
    spawn_local(async move {
        match api::read_load(job).await {
            Ok(state) if state.report.is_some() || state.failure.is_some() => {
                here.progress.set(None);
                here.report.set(state.report);
                if let Some(problem) = state.failure {
                    here.attempt.refuse(Fail(problem));
                }
            }
            Ok(state) => {
                if state.progress.is_some() {
                    here.progress.set(state.progress);
                }
                browser::after(400, move || ask_again(here, job));
            }
            Err(fail) if fail.0.code == guanhu_domain::Code::Offline => browser::after(2000, move || ask_again(here, job)),
            Err(fail) => {
                here.progress.set(None);
                here.attempt.refuse(fail);
            }
        }
    });
}

/// Not for a page that was left.
fn ask_again(here: Here, job: Uuid) {
    if let Some(Some(progress)) = here.progress.try_get_untracked() {
        follow(here, job);
        here.progress.set(Some(progress));
    }
}
