use std::collections::BTreeSet;

use leptos::{ev, prelude::*, text_prop::TextProp};

use crate::{
    dom,
    icon::{Glyph, Icon},
};

/// A branch of a [`Tree`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeNode {
    pub key: String,
    pub label: String,
    /// Grey words at the end, such as a count.
    pub note: String,
    pub children: Vec<TreeNode>,
}

#[derive(Clone)]
struct TreeCore {
    name: String,
    selected: RwSignal<Option<String>>,
    open: RwSignal<BTreeSet<String>>,
    on_select: Option<Callback<String>>,
}

/// A hierarchy to choose from, such as the units of the bank: arrows walk, right opens, left closes,
/// Enter and Space choose.
///
/// `<Tree name="units" label=t(text::units) nodes selected open/>` with `open: RwSignal<BTreeSet<String>>`
#[component]
pub fn Tree(
    #[prop(into)] name: String,
    #[prop(into)] label: TextProp,
    #[prop(into)] nodes: Signal<Vec<TreeNode>>,
    selected: RwSignal<Option<String>>,
    /// The keys of the branches that are open.
    open: RwSignal<BTreeSet<String>>,
    #[prop(optional, into)] on_select: Option<Callback<String>>,
) -> impl IntoView {
    let core = TreeCore { name: name.clone(), selected, open, on_select };
    let key_name = name.clone();
    let on_key = move |event: ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "Home" => 0,
            "End" => i32::MAX,
            _ => return,
        };
        event.prevent_default();
        dom::move_focus(&key_name, "[role='treeitem']", step);
    };
    let branches = move || {
        let nodes = nodes.get();
        // Tab reaches the chosen branch, or the first when none is chosen.
        let fallback = nodes.first().map(|node| node.key.clone());
        nodes.into_iter().map(|node| branch(&core, node, 0, None, fallback.clone())).collect_view()
    };
    view! { <ul class="tree" id=name role="tree" aria-label=move || label.get() on:keydown=on_key>{branches}</ul> }.into_any()
}

fn branch(core: &TreeCore, node: TreeNode, depth: u32, parent: Option<String>, fallback: Option<String>) -> AnyView {
    let TreeCore { name, selected, open, on_select } = core.clone();
    let TreeNode { key, label, note, children } = node;
    let has_children = !children.is_empty();
    let id = format!("{name}-{key}");
    let parent_id = parent.map(|parent| format!("{name}-{parent}"));
    let first_child = children.first().map(|child| format!("{name}-{}", child.key));
    let key = StoredValue::new(key);
    let is_open = Memo::new(move |_| key.with_value(|key| open.with(|open| open.contains(key))));
    let is_selected = Memo::new(move |_| key.with_value(|key| selected.with(|selected| selected.as_ref() == Some(key))));
    let reachable = move || is_selected.get() || key.with_value(|key| fallback.as_ref() == Some(key)) && selected.with(Option::is_none);
    let toggle = move || {
        key.with_value(|key| {
            open.update(|open| {
                if !open.remove(key) {
                    open.insert(key.clone());
                }
            });
        });
    };
    let choose = move || {
        let key = key.get_value();
        selected.set(Some(key.clone()));
        if let Some(on_select) = on_select {
            on_select.run(key);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        match event.key().as_str() {
            "ArrowRight" if has_children && !is_open.get_untracked() => toggle(),
            "ArrowRight" => {
                if let Some(child) = &first_child {
                    dom::focus_id(child);
                }
            }
            "ArrowLeft" if has_children && is_open.get_untracked() => toggle(),
            "ArrowLeft" => {
                if let Some(parent) = &parent_id {
                    dom::focus_id(parent);
                }
            }
            "Enter" | " " => choose(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let core = core.clone();
    let inner = move || {
        is_open.get().then(|| {
            let children =
                children.iter().cloned().map(|child| branch(&core, child, depth + 1, Some(key.get_value()), None)).collect_view();
            view! { <ul role="group">{children}</ul> }
        })
    };
    view! {
        <li
            id=id
            role="treeitem"
            attr:aria-level=depth + 1
            aria-expanded=move || has_children.then(|| is_open.get().to_string())
            aria-selected=move || is_selected.get().to_string()
            tabindex=move || if reachable() { "0" } else { "-1" }
            on:keydown=on_key
        >
            <div class="tree-row" style:--depth=depth.to_string() on:click=move |_| choose()>
                <span
                    class="twist"
                    on:click=move |event: ev::MouseEvent| {
                        event.stop_propagation();
                        toggle();
                    }
                >
                    {has_children.then(|| view! { <Icon glyph=Glyph::Right/> })}
                </span>
                <span class="clip">{label}</span>
                {(!note.is_empty()).then(|| view! { <span class="tree-note">{note}</span> })}
            </div>
            {inner}
        </li>
    }
    .into_any()
}
