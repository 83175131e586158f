//! Customer groups: lists and rules, found and counted while they are written.

pub(crate) mod api;
mod edit;
mod look;
mod parts;
mod text;

use guanhu_domain::{
    groups::{Group, GroupKind, GroupsPage},
    rules::{Env, RuleChoices, in_words},
};
use guanhu_ui::{Badge, Button, ButtonKind, DateText, EmptyState, Glyph, t, use_lang};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    Asked,
    attempt::Told,
    loaded::{Kept, LoadedPage},
    scripts::LazyPage,
    shell::use_me,
};

/// `/groups`: all of them; `?show=CODE` what is in one, `?edit=CODE` one's own, `?new=` and a kind another.
pub struct GroupsRoute(Asked<GroupsPage>);

impl LazyPage for GroupsRoute {
    fn data() -> Self {
        let query = use_query_map();
        GroupsRoute(Asked::of(Memo::new(move |_| query.with(|query| query.get("show"))), api::read_groups))
    }

    fn view(this: Self) -> AnyView {
        view! { <LoadedPage class="tiers groups" title=text::title heading=text::groups note=text::note from=this.0 then=show /> }
            .into_any()
    }
}

/// What every part of the page works with.
#[derive(Clone, Copy)]
pub struct Here {
    kept: Kept<Vec<Group>>,
    choices: StoredValue<RuleChoices>,
    env: Env,
}

impl Here {
    /// False once the page was left.
    fn is_here(self) -> bool {
        self.kept.value.try_with_untracked(|_| ()).is_some()
    }

    /// Reads the groups again, then goes on.
    fn reload(self, then: impl FnOnce() + 'static) {
        self.kept.again(api::read_groups(None), |page| page.groups, then);
    }
}

fn show(page: GroupsPage) -> AnyView {
    let business_date = use_me().map(|me| me.business_date).unwrap_or_default();
    let here = Here {
        kept: Kept::new(page.groups),
        choices: StoredValue::new(RuleChoices::new(page.choices)),
        env: Env { business_date, months: 3 },
    };
    if let Some(look) = page.look {
        return look::look(here, look);
    }
    let query = use_query_map();
    let place = Memo::new(move |_| query.with(|query| (query.get("edit"), query.get("new").and_then(|kind| GroupKind::from_code(&kind)))));
    let body = move || match place.get() {
        (Some(code), _) => {
            match here.kept.value.with_untracked(|groups| groups.iter().find(|group| group.code == code && group.mine).cloned()) {
                Some(group) => edit::edit(here, group.kind, Some(group)),
                None => list(here),
            }
        }
        (None, Some(kind)) => edit::edit(here, kind, None),
        (None, None) => list(here),
    };
    view! {
        <Told attempt=here.kept.attempt />
        {body}
    }
    .into_any()
}

/// Who is in a group, in words: its rule, or what it is made of. Nothing of a list.
fn said(here: Here, group: &Group) -> impl Fn() -> Option<String> + Clone + Send + Sync + use<> {
    let lang = use_lang();
    let (rule, joint, parts) = (group.rule.clone(), group.joint, group.parts.clone());
    move || {
        let lang = lang.get();
        let of_rule = rule.as_ref().map(|rule| here.choices.with_value(|choices| in_words(&rule.when, lang, choices, here.env)));
        of_rule.or_else(|| {
            let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
            joint.map(|joint| text::of_parts(lang, joint.name(lang), &names.join(text::comma(lang))))
        })
    }
}

fn list(here: Here) -> AnyView {
    let lang = use_lang();
    let groups = here.kept.value.get();
    let empty = groups.is_empty();
    let row = move |group: Group| {
        let (code, kind) = (group.code.clone(), group.kind);
        let (shared, said) = (group.shared.clone(), said(here, &group));
        let name = group.name.clone();
        view! {
            <tr>
                <th scope="row"><a href=format!("/groups?show={code}")>{name}</a></th>
                <td><Badge>{move || kind.name(lang.get())}</Badge></td>
                <td>{said}{(!group.note.is_empty()).then(|| view! { <p class="faint">{group.note.clone()}</p> })}</td>
                <td>{group.owner.clone()}</td>
                <td>{move || shared.iter().map(|role| role.name(lang.get())).collect::<Vec<_>>().join(text::comma(lang.get()))}</td>
                <td>{group.expires_on.map(|date| view! { <DateText date /> })}</td>
                <td class="end">{group.mine.then(|| view! { <a href=format!("/groups?edit={code}")>{t(text::edit)}</a> })}</td>
            </tr>
        }
    };
    let rows = groups.into_iter().map(row).collect_view();
    let table = if empty {
        view! { <EmptyState title=t(text::no_groups) text=t(text::no_groups_hint) /> }.into_any()
    } else {
        view! {
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::groups)>
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::name)}</th>
                            <th scope="col">{t(text::kind)}</th>
                            <th scope="col">{t(text::who)}</th>
                            <th scope="col">{t(text::owner)}</th>
                            <th scope="col">{t(text::shared)}</th>
                            <th scope="col">{t(text::expires)}</th>
                            <th scope="col"><span class="sr-only">{t(text::edit)}</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="tiers-actions groups-new">
            <Button href="/groups?new=dynamic" kind=ButtonKind::Primary icon=Glyph::Plus>{t(text::new_dynamic)}</Button>
            <Button href="/groups?new=static" icon=Glyph::Plus>{t(text::new_static)}</Button>
            <Button href="/groups?new=combined" icon=Glyph::Plus>{t(text::new_combined)}</Button>
        </div>
        {table}
    }
    .into_any()
}
