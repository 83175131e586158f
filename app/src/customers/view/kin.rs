//! What the customer's household and group bring together.

use guanhu_domain::{
    CustomerNo, Lang, Money,
    contribution::kin::{Kin, KinKind},
};
use guanhu_ui::use_lang;
use leptos::{prelude::*, task::spawn_local};

use super::{here::Here, text};
use crate::{Fail, wire::Call};

#[server(endpoint = "customer/kin", protocol = Call)]
pub async fn read_kin(no: CustomerNo) -> Result<Vec<Kin>, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::contribution::kin::kin(&bank, &actor, no).await;
    crate::server::settle(&bank, &actor, result).await
}

/// Asked for with the contributions; nobody to belong to, or no answer: nothing is said.
#[derive(Clone, Copy)]
pub struct Relatives {
    here: Here,
    found: RwSignal<Vec<Kin>>,
}

impl Relatives {
    pub fn new(here: Here) -> Relatives {
        Relatives { here, found: RwSignal::new(Vec::new()) }
    }

    pub fn load(self) {
        spawn_local(async move {
            if let Ok(found) = read_kin(self.here.no).await {
                let _ = self.found.try_set(found);
            }
        });
    }

    pub fn view(self) -> AnyView {
        let lang = use_lang();
        let tables = move || self.found.with(|found| found.iter().map(|kin| table(self.here, kin, lang.get())).collect_view());
        view! { <div class="c360-kin">{tables}</div> }.into_any()
    }
}

fn table(here: Here, kin: &Kin, lang: Lang) -> AnyView {
    let base = here.customer.with_untracked(|customer| customer.base_currency);
    let money = |figure: Option<i64>| figure.map_or_else(|| "—".to_owned(), |minor| Money::new(minor, base).exact());
    let label = match kin.kind {
        KinKind::Household => text::kin_household(lang),
        KinKind::Group => text::kin_group(lang),
    };
    let rows = kin
        .members
        .iter()
        .map(|member| {
            let name = match member.customer_no == here.no {
                true => view! { <b>{member.name.clone()}</b> }.into_any(),
                false => view! { <a href=format!("/customers/{}", member.customer_no)>{member.name.clone()}</a> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="num">{money(member.contribution)}</td>
                </tr>
            }
        })
        .collect_view();
    let hidden = (kin.hidden > 0).then(|| view! { <p class="faint">{text::kin_hidden(lang, kin.hidden)}</p> });
    let cut = kin.cut.then(|| view! { <p class="faint">{text::kin_cut(lang, kin.members.len() as i64 + kin.hidden)}</p> });
    view! {
        <table class="c360-table">
            <caption>{label}</caption>
            <thead>
                <tr>
                    <th scope="col">{text::kin_member(lang)}</th>
                    <th scope="col" class="num">{text::kin_year(lang)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr>
                    <th scope="row">{text::kin_sum(lang)}</th>
                    <td class="num">{money(kin.contribution())}</td>
                </tr>
            </tfoot>
        </table>
        {hidden}
        {cut}
    }
    .into_any()
}
