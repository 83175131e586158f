//! Somebody else saved first: what stands there now beside what was typed, and the choice.

use guanhu_domain::{Code, Lang};
use guanhu_ui::{Button, ButtonKind, t, use_lang};
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::{Fail, wire};

/// The answer to a save; inside, instead of what was saved, what stands there now because somebody else was first.
pub fn or_theirs<T, C: DeserializeOwned>(answer: Result<T, Fail>) -> Result<Result<T, C>, Fail> {
    match answer {
        Err(fail) if fail.0.code == Code::Stale => match fail.0.current.as_ref().and_then(wire::of_value) {
            Some(now) => Ok(Err(now)),
            None => Err(fail),
        },
        other => other.map(Ok),
    }
}

/// A place of a form, as it stands there now and as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    label: String,
    theirs: String,
    mine: String,
}

impl Side {
    pub fn new(label: impl Into<String>, theirs: impl Into<String>, mine: impl Into<String>) -> Side {
        Side { label: label.into(), theirs: theirs.into(), mine: mine.into() }
    }
}

/// Both versions, and two buttons: `theirs` puts what stands there into the form, `mine` saves what was typed over it.
/// Of `sides` those are shown that differ, as they are typed on.
pub fn both(sides: impl Fn(Lang) -> Vec<Side> + Send + Sync + 'static, theirs: Callback<()>, mine: Callback<()>) -> AnyView {
    let lang = use_lang();
    let rows = move || {
        let differing: Vec<Side> = sides(lang.get()).into_iter().filter(|side| side.theirs != side.mine).collect();
        if differing.is_empty() {
            return view! { <p>{text::alike(lang.get())}</p> }.into_any();
        }
        let or_nothing = |text: String| if text.is_empty() { "—".to_owned() } else { text };
        let row = move |Side { label, theirs, mine }: Side| {
            view! {
                <tr>
                    <th scope="row">{label}</th>
                    <td class="clash-said">{or_nothing(theirs)}</td>
                    <td class="clash-said">{or_nothing(mine)}</td>
                </tr>
            }
        };
        view! {
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::versions)>
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::place)}</th>
                            <th scope="col">{t(text::theirs)}</th>
                            <th scope="col">{t(text::mine)}</th>
                        </tr>
                    </thead>
                    <tbody>{differing.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="notice warn clash" role="alert">
            <p>{t(text::first)}</p>
            {rows}
            <div class="clash-choice">
                <Button on_click=move |_| theirs.run(())>{t(text::take_theirs)}</Button>
                <Button kind=ButtonKind::Danger on_click=move |_| mine.run(())>{t(text::keep_mine)}</Button>
            </div>
        </div>
    }
    .into_any()
}

mod text {
    guanhu_domain::texts! {
        first: "他人已先保存。您填写的内容没有丢失：可以改用对方的，也可以用您的覆盖。" | "Somebody else saved first. What you typed is not lost: take theirs, or save yours over it.";
        versions: "两个版本" | "Both versions";
        place: "项目" | "Place";
        theirs: "现有内容" | "What stands there";
        mine: "您填写的" | "Yours";
        alike: "两个版本内容相同。" | "Both versions say the same.";
        take_theirs: "改用对方的" | "Take theirs";
        keep_mine: "用我的覆盖" | "Save mine over it";
    }
}
