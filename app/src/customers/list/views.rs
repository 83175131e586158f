//! Saved views: the question and the columns under a name, one's own and those shared by colleagues.

use guanhu_domain::{
    Code,
    customers::{CustomerQuery, SavedView, ViewDraft},
};
use guanhu_ui::{Button, ButtonKind, Checkbox, Dialog, Field, Glyph, Icon, IconButton, Popover, TableLayout, TextInput, dom, use_lang};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::{PAGE, listing::Listing, question, text};
use crate::{
    Fail,
    attempt::Once,
    clash::{Side, both},
    customers::api,
    desk::{self, Offer},
    drafts::{Draft, Parts},
    palette::text as palette,
};

/// What a saved view keeps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Definition {
    query: CustomerQuery,
    layout: TableLayout,
}

impl Definition {
    fn of(view: &SavedView) -> Definition {
        crate::wire::of_value(&view.definition).unwrap_or_default()
    }

    /// What is on the screen; words that look like somebody's number are not kept.
    fn now(listing: Listing) -> Definition {
        let mut query = listing.query.get();
        query.q = query.q.filter(|q| !question::is_private(q));
        Definition { query, layout: listing.layout.get() }
    }

    fn draft(&self, name: String, shared: bool) -> Result<ViewDraft, Fail> {
        let definition = serde_json::to_value(self).map_err(|_| Fail::new(guanhu_domain::Code::Malformed))?;
        Ok(ViewDraft { page: PAGE.into(), name, shared, definition })
    }
}

/// What the dialog is for: a new view, or another name for this one.
#[derive(Clone, PartialEq)]
enum Editing {
    New,
    Old(Box<SavedView>),
}

/// The dialog of views, and what a save tells it.
#[derive(Clone, Copy)]
struct Form {
    open: RwSignal<bool>,
    editing: RwSignal<Editing>,
    name: RwSignal<String>,
    shared: RwSignal<bool>,
    draft: Draft,
    kept: Parts,
    fail: RwSignal<Option<Fail>>,
    /// The view as it was saved elsewhere meanwhile, and what was to be kept under it here.
    clash: RwSignal<Option<(SavedView, Definition)>>,
    once: Once,
}

impl Form {
    fn new() -> Form {
        let (open, name, shared) = (RwSignal::new(false), RwSignal::new(String::new()), RwSignal::new(false));
        let draft = Draft::of("view", "new");
        Form {
            open,
            editing: RwSignal::new(Editing::New),
            name,
            shared,
            draft,
            kept: Parts::while_open(draft, open, [name.into(), shared.into()]),
            fail: RwSignal::new(None),
            clash: RwSignal::new(None),
            once: Once::new(),
        }
    }

    fn begin(self, editing: Editing) {
        let (name, shared, id) = match &editing {
            Editing::New => (String::new(), false, "new".to_owned()),
            Editing::Old(view) => (view.name.clone(), view.shared, view.id.clone()),
        };
        self.draft.about(id);
        self.fail.set(None);
        self.name.set(name);
        self.shared.set(shared);
        self.editing.set(editing);
        self.open.set(true);
    }
}

/// The button that names the view in force and opens the others, with its dialog.
#[component]
pub fn Views(listing: Listing) -> impl IntoView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    let form = Form::new();
    let changed = Memo::new(move |_| match listing.view.get() {
        Some(view) => Definition::of(&view) != Definition::now(listing),
        None => false,
    });
    let label = move || match listing.view.get() {
        None => text::all_customers(lang.get()).to_owned(),
        Some(view) if changed.get() => text::changed(lang.get(), &view.name),
        Some(view) => view.name,
    };
    let begin_new = move || form.begin(Editing::New);
    // Filters that no view of one's own has yet.
    let unkept = Memo::new(move |_| {
        let own = listing.view.with(|view| view.as_ref().is_some_and(|view| view.mine));
        let shared = listing.view.with(Option::is_some);
        !own && (!shared || changed.get()) && listing.query.with(|query| question::filters(query) > 0)
    });
    let save_new = move || {
        unkept.get().then(|| {
            view! { <Button kind=ButtonKind::Quiet icon=Glyph::Star on_click=move |_| begin_new()>{move || text::keep_view(lang.get())}</Button> }
        })
    };
    desk::offer(vec![Offer::new("save-view", palette::save_view, begin_new)]);
    let save_changes = move || {
        let own = listing.view.get().filter(|view| view.mine && changed.get())?;
        Some(view! {
            <Button
                kind=ButtonKind::Quiet
                on_click=move |_| {
                    save(listing, Editing::Old(Box::new(own.clone())), own.name.clone(), own.shared, Definition::now(listing), Some(form))
                }
            >
                {move || text::save_changes(lang.get())}
            </Button>
        })
    };
    view! {
        <div class="views">
            <Popover name="views" label glyph=Glyph::Star end=true open>
                {choose(listing, open, form)}
            </Popover>
            {save_changes}
            {save_new}
        </div>
        <Edit listing form />
    }
}

/// The views there are.
fn choose(listing: Listing, open: RwSignal<bool>, form: Form) -> AnyView {
    let lang = use_lang();
    let line = move |view: SavedView| {
        let (shown, applied, edited, removed) = (view.clone(), view.clone(), view.clone(), view.clone());
        let id = view.id.clone();
        let note = match (view.mine, view.shared) {
            (true, false) => None,
            (true, true) => Some(view! { <small>{move || text::shared(lang.get())}</small> }.into_any()),
            (false, _) => Some(view! { <small>{move || text::shared_by(lang.get(), &shown.owner)}</small> }.into_any()),
        };
        let (edit_name, remove_name) = (view.name.clone(), view.name.clone());
        let own = view.mine.then(move || {
            view! {
                <IconButton
                    glyph=Glyph::Edit
                    label=move || text::edit_named(lang.get(), &edit_name)
                    on_click=move |_| {
                        open.set(false);
                        form.begin(Editing::Old(Box::new(edited.clone())));
                    }
                />
                <IconButton
                    glyph=Glyph::Trash
                    label=move || text::remove_named(lang.get(), &remove_name)
                    on_click=move |_| {
                        open.set(false);
                        // The pressed button goes with its view.
                        dom::focus_id("views-button");
                        remove(listing, removed.clone());
                    }
                />
            }
        });
        view! {
            <li class="view-line">
                <button
                    type="button"
                    class="pick-option"
                    aria-current=move || {
                        listing.view.with(|view| view.as_ref().is_some_and(|view| view.id == id)).then_some("true")
                    }
                    on:click=move |_| {
                        open.set(false);
                        apply(listing, Some(applied.clone()));
                    }
                >
                    <span>{view.name}</span>
                    {note}
                </button>
                {own}
            </li>
        }
    };
    let part = move |mine: bool, head: fn(guanhu_domain::Lang) -> &'static str| {
        let views: Vec<SavedView> = listing.views.with(|views| views.iter().filter(|view| view.mine == mine).cloned().collect());
        (!views.is_empty()).then(|| {
            view! {
                <p class="pick-part">{move || head(lang.get())}</p>
                <ul>{views.into_iter().map(line).collect_view()}</ul>
            }
        })
    };
    view! {
        <div class="view-list">
            <button
                type="button"
                class="pick-option"
                aria-current=move || listing.view.with(Option::is_none).then_some("true")
                on:click=move |_| {
                    open.set(false);
                    apply(listing, None);
                }
            >
                {move || text::all_customers(lang.get())}
            </button>
            {move || part(true, text::my_views)}
            {move || part(false, text::shared_views)}
            {move || listing.views.with(Vec::is_empty).then(|| view! { <p class="faint view-help">{move || text::no_views(lang.get())}</p> })}
            <button
                type="button"
                class="pick-option rule"
                on:click=move |_| {
                    open.set(false);
                    form.begin(Editing::New);
                }
            >
                <Icon glyph=Glyph::Plus />
                {move || text::save_as(lang.get())}
            </button>
        </div>
    }
    .into_any()
}

/// Shows the list by a view, or everything as usual.
fn apply(listing: Listing, view: Option<SavedView>) {
    let Definition { query, layout } = view.as_ref().map(Definition::of).unwrap_or_default();
    if view.is_some() {
        listing.layout.set(layout);
    }
    listing.view.set(view);
    // The board goes on with its unit unless the view names one.
    let elsewhere = listing.is_elsewhere();
    listing.change(false, |now| {
        let org = query.org.clone().or_else(|| now.org.take().filter(|_| elsewhere));
        *now = CustomerQuery { org, ..query };
    });
}

/// Name and sharing of a view.
#[component]
fn Edit(listing: Listing, form: Form) -> impl IntoView {
    let lang = use_lang();
    let Form { open, editing, name, shared, kept, fail, clash, .. } = form;
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        if !open.get() {
            clash.set(None);
        }
    });
    let keep = Callback::new(move |()| {
        let what = editing.get_untracked();
        // A new name leaves the view's own question alone: only "save changes" takes what is on the screen.
        let definition = match &what {
            Editing::New => untrack(|| Definition::now(listing)),
            Editing::Old(view) => Definition::of(view),
        };
        fail.set(None);
        busy.set(true);
        save(listing, what, name.get_untracked().trim().to_owned(), shared.get_untracked(), definition, Some(form));
        busy.set(false);
    });
    let overtaken = move || {
        clash.get().map(|(theirs, definition)| {
            let (taken, kept_view, mine) = (theirs.clone(), theirs.clone(), definition.clone());
            let sides = move |lang| {
                let yes = |yes: bool| if yes { text::shared(lang) } else { text::not_shared(lang) };
                let asks =
                    |definition: &Definition| text::asks(lang, question::filters(&definition.query), &question::write(&definition.query));
                vec![
                    Side::new(text::view_name(lang), &theirs.name, name.get()),
                    Side::new(text::share_view(lang), yes(theirs.shared), yes(shared.get())),
                    Side::new(text::asked(lang), asks(&Definition::of(&theirs)), asks(&definition)),
                ]
            };
            let take = Callback::new(move |()| {
                name.set(taken.name.clone());
                shared.set(taken.shared);
                kept.settle();
                open.set(false);
                apply(listing, Some(taken.clone()));
            });
            let over = Callback::new(move |()| {
                let (name, shared) = (name.get_untracked().trim().to_owned(), shared.get_untracked());
                clash.set(None);
                save(listing, Editing::Old(Box::new(kept_view.clone())), name, shared, mine.clone(), Some(form));
            });
            both(sides, take, over)
        })
    };
    let title = move || match editing.get() {
        Editing::New => text::new_view(lang.get()),
        Editing::Old(_) => text::edit_view(lang.get()),
    };
    let private = move || {
        let hidden = listing.query.with(|query| query.q.as_deref().is_some_and(question::is_private));
        (hidden && editing.with(|editing| *editing == Editing::New))
            .then(|| view! { <p class="faint">{text::private_words(lang.get())}</p> })
    };
    let error = Signal::derive(move || fail.get().map(|fail| fail.message(lang.get())));
    view! {
        <Dialog
            name="save-view"
            open
            title
            footer=move || {
                view! {
                    <Button on_click=move |_| open.set(false)>{move || text::cancel(lang.get())}</Button>
                    <Button
                        kind=ButtonKind::Primary
                        busy
                        disabled=Signal::derive(move || name.with(|name| name.trim().is_empty()))
                        on_click=move |_| keep.run(())
                    >
                        {move || text::save(lang.get())}
                    </Button>
                }
            }
        >
            <div class="view-form">
                {kept.notice()}
                <Field name="view-name" help="customers#views" label=move || text::view_name(lang.get()) hint=move || text::view_name_hint(lang.get()) error required=true>
                    <TextInput value=name maxlength=60 autofocus=true on_enter=move |()| keep.run(()) />
                </Field>
                <Checkbox checked=shared label=move || text::share_view(lang.get()) />
                <p class="faint">{move || text::share_hint(lang.get())}</p>
                {private}
                {overtaken}
            </div>
        </Dialog>
    }
}

/// Saves, and says so; what goes wrong is told in the dialog or, while that is closed, said as an alarm. Where the view was
/// saved elsewhere meanwhile, the dialog shows both.
fn save(listing: Listing, what: Editing, name: String, shared: bool, definition: Definition, form: Option<Form>) {
    let Listing { lang, toasts, .. } = listing;
    let in_dialog = form.filter(|form| form.open.get_untracked());
    let is_new = what == Editing::New;
    let draft = definition.draft(name, shared);
    let once = form.map_or_else(Once::new, |form| form.once);
    let key = once.key_for(&draft.as_ref().ok());
    let sent = in_dialog.map(|form| form.kept.once_sent());
    spawn_local(async move {
        let (saved, old) = match (draft, what) {
            (Ok(draft), Editing::New) => (api::save_view(draft, key).await, None),
            (Ok(draft), Editing::Old(view)) => (api::change_view(view.id.clone(), view.version, draft).await, Some(view)),
            (Err(fail), _) => (Err(fail), None),
        };
        once.answered(&saved);
        match saved {
            Ok(view) => {
                let name = view.name.clone();
                toasts.say(move || text::view_saved(lang.get(), &name));
                if let Some(sent) = sent {
                    sent();
                }
                if let Some(form) = in_dialog {
                    form.open.try_set(false);
                }
                let shown = is_shown(listing, &view.id);
                listing.views.try_update(|views| match views.iter_mut().find(|old| old.id == view.id) {
                    Some(old) => old.clone_from(&view),
                    None => views.push(view.clone()),
                });
                if is_new || shown {
                    listing.view.try_set(Some(view));
                }
                // The server knows how names are read.
                if let Ok(views) = api::list_views().await {
                    listing.views.try_set(views);
                }
            }
            Err(Fail(problem)) if problem.code == Code::Stale && problem.current.is_some() => {
                let theirs = problem.current.as_ref().and_then(crate::wire::of_value::<SavedView>);
                if let (Some(theirs), Some(form)) = (theirs, form)
                    && form.open.try_get_untracked().is_some()
                {
                    listing.views.try_update(|views| {
                        if let Some(old) = views.iter_mut().find(|old| old.id == theirs.id) {
                            old.clone_from(&theirs);
                        }
                    });
                    if let (None, Some(old)) = (in_dialog, old) {
                        form.begin(Editing::Old(old));
                    }
                    form.clash.set(Some((theirs, definition)));
                }
            }
            Err(failed) if in_dialog.is_some_and(|form| form.fail.try_get_untracked().is_some()) => {
                if let Some(form) = in_dialog {
                    form.fail.try_set(Some(failed));
                }
            }
            Err(failed) => toasts.alarm(move || failed.message(lang.get())),
        }
    });
}

/// Whether the list is shown by this view; not when the list was left.
fn is_shown(listing: Listing, id: &str) -> bool {
    listing.view.try_with_untracked(|shown| shown.as_ref().is_some_and(|shown| shown.id == id)) == Some(true)
}

/// Removes a view; it can be taken back, which saves it anew.
fn remove(listing: Listing, view: SavedView) {
    let Listing { lang, toasts, .. } = listing;
    spawn_local(async move {
        match api::remove_view(view.id.clone()).await {
            Ok(()) => {
                listing.views.try_update(|views| views.retain(|old| old.id != view.id));
                if is_shown(listing, &view.id) {
                    listing.view.try_set(None);
                }
                let name = view.name.clone();
                let again = move || {
                    let view = view.clone();
                    let definition = Definition::of(&view);
                    save(listing, Editing::New, view.name, view.shared, definition, None);
                };
                toasts.undo(move || text::view_removed(lang.get(), &name), again);
            }
            Err(fail) => toasts.alarm(move || fail.message(lang.get())),
        }
    });
}
