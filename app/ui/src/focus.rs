//! The focus is never lost. Lists are read again, rows go away once they are decided, buttons are switched off: a browser
//! then gives the focus to nobody, and whoever works by keyboard or by ear begins at the top of the page. Here whatever
//! takes the place of what had the focus gets it: the next row, else the last one, else the heading of the part.

#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// Watches over everything in the element with this id, as long as the page lives.
pub fn keep(within: &'static str) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            browser::watch(within);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = within;
}

/// For what closes over the page, such as a dialog: the focus goes back to where it was, or to what took that place, or to
/// the page.
pub fn give_back() {
    #[cfg(feature = "hydrate")]
    browser::give_back();
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::RefCell;

    use leptos::wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use web_sys::{
        Document, Element, FocusEvent, FocusOptions, HtmlElement, MutationObserver, MutationObserverInit, MutationRecord, Node,
        js_sys::{Array, Date, Function},
    };

    use crate::dom;

    /// A part that is read again has so long to come back.
    const READ_AGAIN_MS: f64 = 3_000.0;
    /// A button that is switched off for a moment keeps the focus.
    const SWITCHED_OFF_MS: f64 = 500.0;
    const LOOK_AGAIN_MS: u64 = 100;
    /// The parts of a page that something belongs to: the focus leaves none of them by itself.
    const PARTS: &str = "section, form, dialog, main, [role=region]";
    /// What decides something is not given the focus of what went away: whoever presses again would decide unread.
    const PRESSED: &str = "button:not(:disabled, .primary, .danger), a[href], summary, [tabindex='0']";
    const TYPED: &str = "input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled)";

    /// Where the focus is, and the way there: each container with the number of its child that leads on, the innermost first.
    struct Place {
        element: HtmlElement,
        way: Vec<(Element, u32)>,
        address: String,
    }

    impl Place {
        fn of(element: HtmlElement, root: &Element) -> Place {
            let mut way = Vec::new();
            let mut child: Element = element.clone().into();
            while let Some(parent) = child.parent_element() {
                let mut at = 0;
                let mut before = child.previous_element_sibling();
                while let Some(sibling) = before {
                    at += 1;
                    before = sibling.previous_element_sibling();
                }
                way.push((parent.clone(), at));
                if parent == *root {
                    break;
                }
                child = parent;
            }
            Place { element, way, address: address() }
        }

        fn is_off(&self) -> bool {
            self.element.matches(":disabled, [hidden]").unwrap_or(false)
        }

        fn is_lost(&self) -> bool {
            !self.element.is_connected() || self.is_off()
        }

        /// Rows of a table come and go as it is scrolled: only the same one drawn anew is meant.
        fn in_grid(&self) -> bool {
            self.way.iter().any(|(container, _)| container.matches("[role=grid]").unwrap_or(false))
        }

        /// What stands there now.
        fn heir(&self) -> Option<HtmlElement> {
            if self.in_grid() {
                let id = self.element.id();
                let same = (!id.is_empty()).then(|| document()?.get_element_by_id(&id)).flatten()?;
                return same.dyn_into().ok();
            }
            let nearest = self.way.iter().position(|(container, _)| container.is_connected())?;
            // Down again the way one came, to what is there now; beyond the end, to the last.
            let mut here = self.way[nearest].0.clone();
            for (_, at) in self.way[..=nearest].iter().rev() {
                let Some(last) = here.child_element_count().checked_sub(1) else { break };
                let Some(child) = here.children().item((*at).min(last)) else { break };
                here = child;
            }
            let part = here.closest(PARTS).ok().flatten();
            let typed = matches!(self.element.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA");
            let wanted = if typed { TYPED } else { PRESSED };
            // The nearest beside it, within the same part.
            let mut around = Some(here.clone());
            while let Some(container) = around {
                if let Some(found) = beside(&container, &here, wanted) {
                    return Some(found);
                }
                if Some(&container) == part.as_ref() {
                    break;
                }
                around = container.parent_element();
            }
            part.and_then(heading)
        }
    }

    /// The first of these in a container from an element on, else the last before it.
    fn beside(container: &Element, from: &Element, wanted: &str) -> Option<HtmlElement> {
        let found = container.query_selector_all(wanted).ok()?;
        let mut all: Vec<HtmlElement> = (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect();
        if container.matches(wanted).unwrap_or(false) {
            all.insert(0, container.clone().dyn_into().ok()?);
        }
        all.retain(|one| one.offset_width() > 0 && one.closest("[inert], [hidden]").ok().flatten().is_none());
        let follows = |one: &HtmlElement| {
            let one: &Element = one;
            one == from || from.compare_document_position(one) & Node::DOCUMENT_POSITION_FOLLOWING != 0
        };
        all.iter().find(|one| follows(one)).or(all.last()).cloned()
    }

    fn heading(part: Element) -> Option<HtmlElement> {
        let found = part.query_selector("h1, h2, h3").ok().flatten().or_else(|| document()?.query_selector("main h1").ok().flatten())?;
        if !found.has_attribute("tabindex") {
            let _ = found.set_attribute("tabindex", "-1");
        }
        found.dyn_into().ok()
    }

    #[derive(Default)]
    struct Keeper {
        /// Of the page, and of the dialog that is open over it.
        page: Option<Place>,
        dialog: Option<Place>,
        /// Since when nobody has the focus.
        since: Option<f64>,
        waits: bool,
    }

    impl Keeper {
        fn place(&self) -> Option<&Place> {
            if in_dialog() { self.dialog.as_ref() } else { self.page.as_ref() }
        }
    }

    thread_local! {
        static KEEPER: RefCell<Keeper> = RefCell::default();
    }

    fn document() -> Option<Document> {
        web_sys::window()?.document()
    }

    fn address() -> String {
        web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
    }

    fn in_dialog() -> bool {
        dom::has("dialog[open]")
    }

    /// Does something have it?
    fn has_focus() -> bool {
        document().and_then(|document| document.active_element()).is_some_and(|element| element.tag_name() != "BODY")
    }

    pub fn watch(within: &'static str) {
        let Some(root) = document().and_then(|document| document.get_element_by_id(within)) else { return };
        let came = Closure::<dyn Fn(FocusEvent)>::new({
            let root = root.clone();
            move |event: FocusEvent| remember(&root, &event)
        });
        let went = Closure::<dyn Fn(FocusEvent)>::new(|event: FocusEvent| forget(&event));
        let changed = Closure::<dyn Fn(Array)>::new(|records: Array| look(&records));
        let listen = |name: &str, heard: &JsValue| {
            let _ = root.add_event_listener_with_callback(name, heard.unchecked_ref::<Function>());
        };
        listen("focusin", came.as_ref());
        listen("focusout", went.as_ref());
        if let Ok(observer) = MutationObserver::new(changed.as_ref().unchecked_ref()) {
            let what = MutationObserverInit::new();
            what.set_child_list(true);
            what.set_subtree(true);
            what.set_attributes(true);
            what.set_attribute_filter(&<Array>::of2(&"disabled".into(), &"hidden".into()));
            let _ = observer.observe_with_options(&root, &what);
        }
        // As long as the page itself.
        came.forget();
        went.forget();
        changed.forget();
    }

    fn remember(root: &Element, event: &FocusEvent) {
        let Some(element) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
        let dialog = element.closest("dialog").ok().flatten();
        let place = (*root != *element).then(|| Place::of(element, root));
        KEEPER.with_borrow_mut(|keeper| {
            keeper.since = None;
            match dialog {
                Some(_) => keeper.dialog = place,
                None => keeper.page = place,
            }
        });
    }

    /// Whoever clicks beside everything gives it away; what goes from the page takes it along.
    fn forget(event: &FocusEvent) {
        if event.related_target().is_some() {
            return;
        }
        dom::next_frame(|| {
            KEEPER.with_borrow_mut(|keeper| {
                let given = |place: &Option<Place>| place.as_ref().is_some_and(|place| !place.is_lost());
                if keeper.since.is_none() && !has_focus() && !in_dialog() && given(&keeper.page) {
                    keeper.page = None;
                }
            });
        });
    }

    fn look(records: &Array) {
        let nothing = KEEPER.with_borrow(|keeper| keeper.page.is_none() && keeper.dialog.is_none());
        if nothing || has_focus() {
            return;
        }
        // Taken out and put back elsewhere, it has the focus again.
        let moved = KEEPER.with_borrow(|keeper| {
            let place = keeper.place().filter(|place| !place.is_lost())?;
            let node: &Node = &place.element;
            let took = |record: JsValue| {
                let removed = record.unchecked_into::<MutationRecord>().removed_nodes();
                (0..removed.length()).any(|at| removed.item(at).is_some_and(|gone| gone.contains(Some(node))))
            };
            records.iter().any(took).then(|| place.element.clone())
        });
        match moved {
            Some(element) => give(&element),
            None => wait(),
        }
    }

    /// Others may have plans of their own for it: they come first.
    fn wait() {
        let due = KEEPER.with_borrow_mut(|keeper| {
            if keeper.place().is_some_and(Place::is_lost) {
                keeper.since.get_or_insert_with(Date::now);
            }
            keeper.since.is_some() && !std::mem::replace(&mut keeper.waits, true)
        });
        if due {
            dom::next_frame(|| dom::next_frame(settle));
        }
    }

    enum Now {
        Nothing,
        Later,
        Give(Option<HtmlElement>),
    }

    fn settle() {
        let now = KEEPER.with_borrow_mut(|keeper| {
            keeper.waits = false;
            if has_focus() {
                keeper.since = None;
                return Now::Nothing;
            }
            let (Some(since), Some(place)) = (keeper.since, keeper.place()) else { return Now::Nothing };
            // Where one went to another page, the frame sees to it.
            if place.address != address() {
                return Now::Nothing;
            }
            if !place.is_lost() {
                return Now::Give(Some(place.element.clone()));
            }
            let waited = Date::now() - since;
            let comes = match place.element.is_connected() {
                true => waited < SWITCHED_OFF_MS,
                false => waited < READ_AGAIN_MS && dom::has("main .skeleton"),
            };
            if comes { Now::Later } else { Now::Give(place.heir()) }
        });
        match now {
            Now::Nothing => {}
            Now::Later => dom::after(LOOK_AGAIN_MS, wait),
            Now::Give(heir) => {
                if let Some(heir) = heir {
                    give(&heir);
                }
            }
        }
    }

    /// Without moving the page: what takes a place is where that was.
    fn give(element: &HtmlElement) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }

    pub fn give_back() {
        if has_focus() {
            return;
        }
        let heir = KEEPER.with_borrow(|keeper| {
            let place = keeper.page.as_ref().filter(|place| place.address == address())?;
            if place.is_lost() { place.heir() } else { Some(place.element.clone()) }
        });
        match heir {
            Some(heir) => give(&heir),
            None => dom::focus_id("main"),
        }
    }
}
