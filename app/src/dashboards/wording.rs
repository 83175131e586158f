//! What is said of products, for administrators: description and sales script, version by version.

use guanhu_domain::products::{DESCRIPTION_MAX, ProductTextChange, ProductTextVersion, ProductTexts, SCRIPT_MAX};
use guanhu_ui::{Button, ButtonKind, Choice, Field, Section, Select, TextArea, format_time, t, use_lang, use_toasts};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::{api, frame::Say, page::address, text};
use crate::{
    Asked,
    attempt::{Attempt, Once, Told},
    clash::{Side, both, or_theirs},
    customers::view::local,
    drafts::{Draft, Parts},
    loaded::LoadedPage,
    scripts::LazyPage,
};

/// `/admin/products`.
pub struct WordingRoute(Asked<ProductTexts>);

impl LazyPage for WordingRoute {
    fn data() -> Self {
        let params = use_query_map();
        let code = Memo::new(move |_| params.with(|params| params.get("code").filter(|code| !code.is_empty())));
        WordingRoute(Asked::of(code, api::read_product_texts))
    }

    fn view(this: Self) -> AnyView {
        provide_context(this.0);
        view! { <LoadedPage class="dash" title=text::wording heading=text::wording note=text::wording_note from=this.0 then=show /> }
            .into_any()
    }
}

fn show(texts: ProductTexts) -> AnyView {
    let lang = use_lang();
    let say = Say::new(lang.get_untracked());
    let navigate = use_navigate();
    let choices: Vec<Choice> =
        texts.products.iter().map(|product| Choice::new(product.code.as_str(), say.pick(&product.name, &product.name_en))).collect();
    let chosen = RwSignal::new(texts.chosen.clone().unwrap_or_default());
    let choose = move |code: String| navigate(&address("/admin/products", &[("code", Some(&code))]), Default::default());
    view! {
        <div class="dash-filters">
            <Select value=chosen choices label=t(text::product) empty=t(text::pick_product) on_change=Callback::new(choose) />
        </div>
        {texts.chosen.map(|code| form(code, texts.versions))}
    }
    .into_any()
}

fn form(code: String, versions: Vec<ProductTextVersion>) -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let asked = expect_context::<Asked<ProductTexts>>();
    let Some(now) = versions.first().cloned() else { return ().into_any() };
    let (attempt, once) = (Attempt::new(), Once::new());
    let (description, script) = (RwSignal::new(now.description.clone()), RwSignal::new(now.script.clone()));
    let version = RwSignal::new(now.version);
    // As somebody else saved it meanwhile.
    let clash = RwSignal::new(None::<ProductTextVersion>);
    let seen = RwSignal::new((now.description.clone(), now.script.clone()));
    let same = Signal::derive(move || seen.with(|(one, other)| description.with(|text| text == one) && script.with(|text| text == other)));
    let kept = Parts::always(Draft::of("wording", &code), [description.into(), script.into(), version.into()]);
    let code = StoredValue::new(code);
    let save = move || {
        let change = ProductTextChange {
            code: code.get_value(),
            version: version.get_untracked(),
            description: description.get_untracked(),
            script: script.get_untracked(),
        };
        let key = once.key_for(&change);
        let sent = kept.once_sent();
        let call = async move {
            let answer = api::set_product_text(change, key).await;
            once.answered(&answer);
            or_theirs(answer)
        };
        attempt.run(call, move |answer: Result<i32, ProductTextVersion>| match answer {
            Ok(_) => {
                sent();
                toasts.say(t(text::words_saved));
                asked.refetch();
            }
            Err(theirs) => clash.set(Some(theirs)),
        });
    };
    let overtaken = move || {
        clash.get().map(|theirs| {
            let (taken, newer) = (theirs.clone(), theirs.version);
            let sides = move |lang| {
                vec![
                    Side::new(text::description(lang), &theirs.description, description.get()),
                    Side::new(text::script(lang), &theirs.script, script.get()),
                ]
            };
            let take = Callback::new(move |()| {
                description.set(taken.description.clone());
                script.set(taken.script.clone());
                version.set(newer);
                seen.set((taken.description.clone(), taken.script.clone()));
                clash.set(None);
                kept.settle();
            });
            let over = Callback::new(move |()| {
                version.set(newer);
                clash.set(None);
                save();
            });
            both(sides, take, over)
        })
    };
    let older: Vec<_> = versions
        .into_iter()
        .skip(1)
        .map(|version| {
            let at = version.at;
            let by = version.by.clone().unwrap_or_default();
            let title = move || match at {
                Some(at) => text::words_by(lang.get(), &by, &format_time(local(at), lang.get())),
                None => text::words_from_feed(lang.get()).to_owned(),
            };
            view! { <details class="chart-data"><summary>{title}</summary>{said(&version)}</details> }
        })
        .collect();
    view! {
        <Section title=t(text::script)>
            {kept.notice()}
            <Field name="description" help="products#wording" label=t(text::description) error=attempt.error("description")>
                <TextArea value=description rows=4 maxlength=DESCRIPTION_MAX as u32 />
            </Field>
            <Field name="script" help="products#wording" label=t(text::script) error=attempt.error("script")>
                <TextArea value=script rows=10 maxlength=SCRIPT_MAX as u32 />
            </Field>
            <div class="dash-actions">
                <Button kind=ButtonKind::Primary busy=attempt.busy disabled=same on_click=move |_| save()>{t(text::save)}</Button>
            </div>
            {overtaken}
            <Told attempt />
        </Section>
        <Section title=t(text::versions)>{older}</Section>
    }
    .into_any()
}

fn said(version: &ProductTextVersion) -> AnyView {
    view! {
        <p class="product-words">{version.description.clone()}</p>
        <p class="product-words">{version.script.clone()}</p>
    }
    .into_any()
}
