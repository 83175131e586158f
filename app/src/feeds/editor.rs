//! `/imports/mappings/:name`: a mapping as a form or as TOML, saved in versions.

use guanhu_domain::feeds::{ProfileDetail, ProfileTables};
use guanhu_ui::{Button, ButtonKind, Field, Glyph, PageHead, Tab, TabPanel, Tabs, TextArea, t, use_lang, use_toasts};
use leptos::prelude::*;
use leptos_router::{
    components::A,
    hooks::{use_params_map, use_query_map},
};
use uuid::Uuid;

use super::{
    api::{self, EditorPage},
    differ::differing,
    load::Wrong,
    mapping::{Draft, MappingForm, PreviewTable, Refresh},
    text,
};
use crate::{
    Asked,
    attempt::{Attempt, Told},
    clash::{Side, both, or_theirs},
    drafts::{self, Restored},
    loaded::Loaded,
    scripts::LazyPage,
    shell::Protected,
    title::Title,
};

pub struct EditorRoute {
    page: Asked<EditorPage>,
}

impl LazyPage for EditorRoute {
    fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = Memo::new(move |_| {
            let name = params.with(|params| params.get("name")).unwrap_or_default();
            (name, query.with(|query| query.get("upload").and_then(|upload| upload.parse::<Uuid>().ok())))
        });
        EditorRoute { page: Asked::of(asked, |(name, upload)| api::open_profile(name, upload)) }
    }

    fn view(this: Self) -> AnyView {
        view! {
            <Title text=t(text::edit_mapping) />
            <Protected>
                <div class="page">
                    <Loaded from=this.page then=|page| view! { <Editor page /> } />
                </div>
            </Protected>
        }
        .into_any()
    }
}

#[component]
fn Editor(page: EditorPage) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let query = use_query_map();
    let upload = query.with_untracked(|query| query.get("upload").and_then(|upload| upload.parse::<Uuid>().ok()));
    let EditorPage { profile: ProfileDetail { version, text: toml, tables }, entities } = page;
    let name = tables.name.clone();
    let version = RwSignal::new(version);
    let fresh = toml.is_empty();
    let toml = RwSignal::new(toml);
    let draft = Draft {
        tables: RwSignal::new(tables.clone()),
        shape: RwSignal::new(0),
        whole: RwSignal::new(0),
        entities: StoredValue::new(entities),
        previews: RwSignal::new(Vec::new()),
    };
    // As last read or saved, with its version: what differs is unsaved.
    let kept_version = RwSignal::new(version.get_untracked());
    let kept = RwSignal::new(tables);
    let kept_text = RwSignal::new(toml.get_untracked());
    let active = RwSignal::new("mapping".to_owned());
    let attempt = Attempt::new();
    let dirty = Signal::derive(move || {
        fresh && version.get() == 0
            || draft.tables.with(|tables| kept.with(|kept| tables != kept))
            || toml.with(|toml| kept_text.with(|kept| toml != kept))
    });

    // The text that stands for what is on the screen: a form that was not touched keeps its comments.
    let current_text = move || async move {
        let as_toml = active.get_untracked() == "toml";
        let touched = draft.tables.with_untracked(|tables| kept.with_untracked(|kept| tables != kept));
        if as_toml || (!touched && !toml.with_untracked(String::is_empty)) {
            return Ok(toml.get_untracked());
        }
        api::write_toml(draft.tables.get_untracked()).await
    };
    // Each tab shows what the other left.
    let turned = move |to: String| {
        if to == "toml" {
            let touched = draft.tables.with_untracked(|tables| kept.with_untracked(|kept| tables != kept));
            if touched || toml.with_untracked(String::is_empty) {
                attempt.run(api::write_toml(draft.tables.get_untracked()), move |text| toml.set(text));
            }
        } else {
            attempt.run(api::read_toml(toml.get_untracked()), move |tables| {
                draft.tables.set(tables);
                draft.shape.update(|shape| *shape += 1);
                draft.whole.update(|whole| *whole += 1);
            });
        }
    };
    let refresh = move |()| {
        let Some(upload) = upload else { return };
        let as_toml = active.get_untracked() == "toml";
        let call = async move {
            let tables = if as_toml { api::read_toml(toml.get_untracked()).await? } else { draft.tables.get_untracked() };
            api::preview_files(upload, tables).await
        };
        attempt.run(call, move |previews| draft.previews.set(previews));
    };
    if upload.is_some() {
        Effect::new(move |_| untrack(|| refresh(())));
    }
    // Puts a version into the form, as one that was read.
    let put = move |ProfileDetail { version: newer, text, tables }: ProfileDetail| {
        version.set(newer);
        kept_version.set(newer);
        toml.set(text.clone());
        kept_text.set(text);
        kept.set(tables.clone());
        draft.tables.set(tables);
    };
    let renew = move || {
        draft.shape.update(|shape| *shape += 1);
        draft.whole.update(|whole| *whole += 1);
    };
    let (waiting, restored, any) = (drafts::Draft::of("mapping", &name), RwSignal::new(false), StoredValue::new(false));
    Effect::new(move |before: Option<()>| {
        if before.is_some() {
            return;
        }
        // Over an older version too: saving it shows both.
        waiting.restore(move |(over, tables, text): (i32, ProfileTables, String)| {
            if kept.with_untracked(|kept| *kept != tables) || kept_text.with_untracked(|kept| *kept != text) {
                any.set_value(true);
                version.set(over);
                draft.tables.set(tables);
                toml.set(text);
                renew();
                restored.set(true);
            }
        });
    });
    Effect::new(move |before: Option<(ProfileTables, String)>| {
        let now = (draft.tables.get(), toml.get());
        if before.is_some_and(|before| before != now) {
            if dirty.get_untracked() {
                any.set_value(true);
                waiting.keep(&(version.get_untracked(), &now.0, &now.1));
            } else if any.get_value() {
                any.set_value(false);
                waiting.forget();
            }
        }
        now
    });
    let discard = move |()| {
        version.set(kept_version.get_untracked());
        draft.tables.set(kept.get_untracked());
        toml.set(kept_text.get_untracked());
        renew();
        waiting.forget();
    };
    // What somebody else saved meanwhile, and the text that was to be saved here.
    let clash = RwSignal::new(None::<(ProfileDetail, String)>);
    let save = move || {
        let over = version.get_untracked();
        let sent = waiting.once_sent();
        let call = async move {
            let text = current_text().await?;
            let saved: Result<ProfileDetail, ProfileDetail> = or_theirs(api::save_profile(text.clone(), over).await)?;
            Ok(saved.map_err(|theirs| (theirs, text)))
        };
        attempt.run(call, move |saved: Result<ProfileDetail, (ProfileDetail, String)>| match saved {
            Ok(saved) => {
                let number = saved.version;
                put(saved);
                sent();
                restored.set(false);
                clash.set(None);
                toasts.say(move || text::saved(lang.get(), number));
            }
            Err(both) => clash.set(Some(both)),
        });
    };
    let overtaken = move || {
        clash.get().map(|(theirs, mine)| {
            let (taken, newer) = (theirs.clone(), theirs.version);
            let stretches = differing(&theirs.text, &mine);
            let sides = move |lang| {
                let side = |(line, theirs, mine): &(usize, String, String)| Side::new(format!("{} {line}", text::line(lang)), theirs, mine);
                stretches.iter().map(side).collect::<Vec<_>>()
            };
            let take = Callback::new(move |()| {
                put(taken.clone());
                renew();
                waiting.forget();
                restored.set(false);
                clash.set(None);
            });
            let over = Callback::new(move |()| {
                version.set(newer);
                clash.set(None);
                save();
            });
            both(sides, take, over)
        })
    };
    let note = move || {
        let lang = lang.get();
        let words = match version.get() {
            0 => text::built_in(lang).to_owned(),
            version => text::version(lang, version),
        };
        let words = if fresh && version.get() == 0 { text::new_mapping(lang).to_owned() } else { words };
        if dirty.get() { format!("{words} · {}", text::unsaved(lang)) } else { words }
    };
    let previews = move || match upload {
        None => view! { <p class="faint">{t(text::no_upload)}</p> }.into_any(),
        Some(_) => {
            let previews = draft.previews.get();
            view! {
                <div class="stack">
                    <div class="line apart">
                        <h2>{t(text::preview)}</h2>
                        <Refresh on_click=refresh busy=attempt.busy />
                    </div>
                    {previews.into_iter().map(|preview| view! { <PreviewTable preview /> }).collect_view()}
                </div>
            }
            .into_any()
        }
    };
    let back = {
        let name = name.clone();
        upload.map(|upload| {
            view! {
                <Button href=format!("/imports/new?upload={upload}&profile={name}") icon=Glyph::Import>{t(text::step_check)}</Button>
            }
        })
    };
    view! {
        <PageHead title=move || name.clone() note above=|| view! { <A href="/imports">{t(text::imports)}</A> }>
            {back}
            <Button kind=ButtonKind::Primary icon=Glyph::Check busy=attempt.busy disabled=Signal::derive(move || !dirty.get()) on_click=move |_| save()>
                {t(text::save)}
            </Button>
        </PageHead>
        <Restored shown=restored on_discard=discard />
        {overtaken}
        <Told attempt />
        <Wrong attempt />
        <Tabs
            name="mapping"
            label=t(text::mapping)
            active
            tabs=vec![Tab::new("mapping", t(text::mapping)), Tab::new("toml", t(text::toml))]
            on_change=turned
        />
        <TabPanel name="mapping" tab="mapping" active>
            <MappingForm draft />
        </TabPanel>
        <TabPanel name="mapping" tab="toml" active>
            <Field name="toml" help="imports#mapping" label=t(text::toml) hint=t(text::toml_note) wide=true>
                <div class="feed-toml">
                    <TextArea value=toml rows=30 />
                </div>
            </Field>
        </TabPanel>
        {previews}
    }
}
