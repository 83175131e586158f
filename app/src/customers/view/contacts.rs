//! Papers and ways to reach the customer, masked.

use guanhu_domain::customers::{Contact, Identity, RevealKind};
use guanhu_ui::{Badge, Button, ButtonKind, EmptyState, Glyph, IconButton, Section, Tone, format_date, t};
use leptos::prelude::*;

use super::{
    contact_form::{ContactForm, Target},
    here::{Masked, use_here},
    names,
    reveal::Maskable,
    text,
};

#[component]
pub fn Contacts() -> impl IntoView {
    let here = use_here();
    let known = here.part(|c| (c.contacts.clone(), c.identities.clone(), c.may));
    let today = here.business_date();
    let editing = RwSignal::new(false);
    let target = RwSignal::new(None::<Target>);
    let change = move |what: Target, name: &str| {
        let label = text::change_named(here.lang.get(), name);
        let open = move |_| {
            target.set(Some(what.clone()));
            editing.set(true);
        };
        view! { <span class="no-print"><IconButton glyph=Glyph::Edit label=label on_click=open /></span> }
    };
    let body = move || {
        let lang = here.lang.get();
        let (contacts, identities, may) = known.get();
        if contacts.is_empty() && identities.is_empty() {
            return view! { <EmptyState title=text::no_contacts(lang) text=text::no_contacts_hint(lang) /> }.into_any();
        }
        let contacts = contacts
            .into_iter()
            .map(|contact| {
                let own = Target::Contact(contact.clone());
                let Contact { id, kind, value, masked, is_primary, consent, source, business_date, .. } = contact;
                let name = names::contact_kind(&kind, lang);
                let masked_value = Masked { what: RevealKind::Contact, id, shown: value };
                let from = names::lineage(&source, business_date, lang);
                let from = if consent == Some(true) { format!("{from} · {}", text::consents(lang)) } else { from };
                view! {
                    <div>
                        <dt>{name.clone()}</dt>
                        <dd title=from>
                            <Maskable masked=masked_value may=may.reveal && masked />
                            {is_primary.then(|| view! { <span class="faint">{text::primary(lang)}</span> })}
                            {(consent == Some(false)).then(|| view! { <Badge tone=Tone::Warn>{text::consents_not(lang)}</Badge> })}
                            {may.edit.then(|| change(own, &name))}
                        </dd>
                    </div>
                }
            })
            .collect_view();
        let (papers, keys): (Vec<Identity>, Vec<Identity>) = identities.into_iter().partition(|identity| identity.kind != "source_key");
        let papers = papers
            .into_iter()
            .map(|paper| {
                let own = Target::Paper(paper.clone());
                let Identity { id, kind, system, value, masked, expires_on, verified, business_date, .. } = paper;
                let name = names::identity_kind(&kind, lang);
                let masked_value = Masked { what: RevealKind::Identity, id, shown: value };
                view! {
                    <div>
                        <dt>{name.clone()}</dt>
                        <dd title=names::lineage(&system, business_date, lang)>
                            <Maskable masked=masked_value may=may.reveal && masked />
                            {verified.then(|| view! { <Badge tone=Tone::Good>{text::verified(lang)}</Badge> })}
                            {expires_on.map(|day| {
                                let words = format_date(day, lang);
                                if day < today {
                                    view! { <Badge tone=Tone::Alarm>{text::expired_on(lang, &words)}</Badge> }.into_any()
                                } else {
                                    view! { <span class="faint">{text::valid_to(lang, &words)}</span> }.into_any()
                                }
                            })}
                            {may.edit.then(|| change(own, &name))}
                        </dd>
                    </div>
                }
            })
            .collect_view();
        let keys = (!keys.is_empty()).then(|| {
            let keys = keys
                .into_iter()
                .map(|key| {
                    let from = names::lineage(&key.system, key.business_date, lang);
                    view! { <span class="c360-key" title=from><span class="faint">{names::source(&key.system, lang)}</span> " " {key.value}</span> }
                })
                .collect_view();
            view! { <div><dt>{text::source_keys(lang)}</dt><dd class="c360-keys">{keys}</dd></div> }
        });
        view! { <dl class="c360-facts">{contacts}{papers}{keys}</dl> }.into_any()
    };
    let may_edit = here.part(|c| c.may.edit);
    let add = move |_| {
        target.set(None);
        editing.set(true);
    };
    let tools = move || {
        may_edit.get().then(|| {
            view! {
                <Button kind=ButtonKind::Quiet icon=Glyph::Plus on_click=add>
                    {t(text::add)}
                </Button>
            }
        })
    };
    view! {
        <div id="contacts" class="c360-anchor">
            <Section title=t(text::contacts) tools=tools>
                {body}
            </Section>
            <ContactForm open=editing target />
        </div>
    }
    .into_any()
}
