use leptos::{html, prelude::*, text_prop::TextProp};

use crate::{
    icon::{Glyph, Icon},
    lang::use_lang,
    text,
};

/// A place to drop or choose files. The input itself fills it, so that dropping works without a script;
/// the caller keeps the node and reads its files in `on_change`.
///
/// `<FileDrop name="feed" accept=".csv,.txt" node on_change=move |()| read()/>`
#[component]
pub fn FileDrop(
    #[prop(into)] name: String,
    node: NodeRef<html::Input>,
    #[prop(optional, into)] label: Option<TextProp>,
    #[prop(optional, into)] hint: Option<TextProp>,
    /// Types as in HTML: `.csv,text/csv`.
    #[prop(optional)]
    accept: Option<&'static str>,
    #[prop(optional)] multiple: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] on_change: Option<Callback<()>>,
) -> impl IntoView {
    let lang = use_lang();
    let over = RwSignal::new(false);
    // Files chosen before the page came alive are as good as those chosen after.
    Effect::new(move |_| {
        if let Some(on_change) = on_change
            && chosen(node)
        {
            on_change.run(());
        }
    });
    let id = format!("{name}-file");
    let for_id = id.clone();
    let words = move || match &label {
        Some(label) => label.get(),
        None => text::drop_here(lang.get()).into(),
    };
    view! {
        <label class="drop" class:over=move || over.get() for=for_id>
            <Icon glyph=Glyph::Upload/>
            <span>{words}</span>
            {hint.map(|hint| view! { <span class="faint">{move || hint.get()}</span> })}
            <input
                node_ref=node
                type="file"
                id=id
                name=name
                accept=accept
                multiple=multiple
                disabled=move || disabled.get()
                on:dragenter=move |_| over.set(true)
                on:dragleave=move |_| over.set(false)
                on:drop=move |_| over.set(false)
                on:change=move |_| {
                    if let Some(on_change) = on_change {
                        on_change.run(());
                    }
                }
            />
        </label>
    }
    .into_any()
}

/// Whether the input is there and holds a file.
fn chosen(node: NodeRef<html::Input>) -> bool {
    #[cfg(feature = "hydrate")]
    return node.get().and_then(|input| input.files()).is_some_and(|files| files.length() > 0);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = node;
        false
    }
}
