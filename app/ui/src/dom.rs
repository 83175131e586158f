//! Everything that needs a browser, in one place. On the server each function does nothing.

use leptos::{html, prelude::*};

#[cfg(feature = "hydrate")]
use leptos::wasm_bindgen::{JsCast, JsValue};

#[cfg(feature = "hydrate")]
fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// Sets or removes an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    #[cfg(feature = "hydrate")]
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
    let _ = (name, value);
}

/// Keeps a preference for a year, readable by the server.
pub fn set_cookie(name: &str, value: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(document) = document().and_then(|document| document.dyn_into::<web_sys::HtmlDocument>().ok()) {
        let _ = document.set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax"));
    }
    let _ = (name, value);
}

/// Opens or closes a native dialog; the browser traps focus and gives it back.
pub fn show_modal(dialog: NodeRef<html::Dialog>, open: bool) {
    #[cfg(feature = "hydrate")]
    if let Some(dialog) = dialog.get_untracked() {
        if open && !dialog.open() {
            let _ = dialog.show_modal();
            // The first thing to fill in, rather than the button that closes.
            const FIRST: &str = ".dialog-body :is(input, select, textarea):not([disabled])";
            next_frame(move || {
                if let Ok(Some(first)) = dialog.query_selector(FIRST)
                    && let Ok(first) = first.dyn_into::<web_sys::HtmlElement>()
                {
                    let _ = first.focus();
                }
            });
        } else if !open && dialog.open() {
            dialog.close();
        }
    }
    let _ = (dialog, open);
}

/// Ctrl-Enter (⌘-Enter) anywhere in a dialog presses the button it is for: the last that is not quiet in its foot, or
/// among the `sheet-actions` of a form that brings its own.
pub fn press_on_ctrl_enter(event: &leptos::ev::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    if event.key() == "Enter"
        && (event.ctrl_key() || event.meta_key())
        && !event.repeat()
        && !event.is_composing()
        && !event.default_prevented()
        && let Some(dialog) = event.current_target().and_then(|at| at.dyn_into::<web_sys::Element>().ok())
        && let Ok(buttons) = dialog.query_selector_all(":is(.dialog-foot, .sheet-actions) .btn:is(.primary, .danger):not(:disabled)")
        && let Some(button) = buttons.get(buttons.length().wrapping_sub(1)).and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok())
    {
        event.prevent_default();
        button.click();
    }
    let _ = event;
}

/// Keeps an input and a signal the same. What was typed before the page came alive wins over `initial`.
pub fn bind_value(input: NodeRef<html::Input>, value: Signal<String>, initial: String, adopt: Callback<String>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |first: Option<bool>| {
        let now = value.get();
        let Some(input) = input.get() else { return first.unwrap_or(true) };
        if first.unwrap_or(true) && input.value() != initial {
            adopt.run(input.value());
        } else if input.value() != now {
            input.set_value(&now);
        }
        false
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (input, value, initial, adopt);
}

/// As [`bind_value`], for a text area.
pub fn bind_textarea(input: NodeRef<html::Textarea>, value: Signal<String>, initial: String, adopt: Callback<String>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |first: Option<bool>| {
        let now = value.get();
        let Some(input) = input.get() else { return first.unwrap_or(true) };
        if first.unwrap_or(true) && !input.value().is_empty() && input.value() != initial {
            adopt.run(input.value());
        } else if input.value() != now {
            input.set_value(&now);
        }
        false
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (input, value, initial, adopt);
}

/// Shows a signal's value in a `<select>`, also when its options change.
pub fn bind_select(select: NodeRef<html::Select>, track: Signal<String>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let now = track.get();
        if let Some(select) = select.get()
            && select.value() != now
        {
            select.set_value(&now);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (select, track);
}

/// Focuses the element with this id.
pub fn focus_id(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) =
        document().and_then(|document| document.get_element_by_id(id)).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = element.focus();
    }
    let _ = id;
}

/// Sends the document an event of our own.
pub fn tell(event: &str) {
    #[cfg(feature = "hydrate")]
    if let (Some(document), Ok(event)) = (document(), web_sys::Event::new(event)) {
        let _ = document.dispatch_event(&event);
    }
    let _ = event;
}

/// Calls `heard` whenever the document is sent this event of our own, until the caller's owner is gone.
pub fn hear(event: &'static str, heard: impl Fn() + 'static) {
    #[cfg(feature = "hydrate")]
    if let Some(document) = document() {
        let closure = leptos::wasm_bindgen::closure::Closure::<dyn Fn()>::new(heard);
        let _ = document.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        let kept = send_wrapper::SendWrapper::new((document, closure));
        on_cleanup(move || {
            let (document, closure) = kept.take();
            let _ = document.remove_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, heard);
}

/// Is something that matches this selector on the page?
pub fn has(selector: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return document().is_some_and(|document| document.query_selector(selector).is_ok_and(|found| found.is_some()));
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = selector;
        false
    }
}

/// Focuses the element with this id unless something has the focus: what had it may be gone from the page.
pub fn focus_if_lost(id: &str) {
    #[cfg(feature = "hydrate")]
    if document().is_some_and(|document| document.active_element().is_none_or(|element| element.tag_name() == "BODY")) {
        focus_id(id);
    }
    let _ = id;
}

/// Focuses the first field that is marked wrong, in the open dialog if there is one.
pub fn focus_wrong() {
    #[cfg(feature = "hydrate")]
    if let Some(document) = document()
        && let Some(field) = ["dialog[open] [aria-invalid='true']", "[aria-invalid='true']"]
            .iter()
            .find_map(|wrong| document.query_selector(wrong).ok().flatten())
        && let Ok(field) = field.dyn_into::<web_sys::HtmlElement>()
    {
        let _ = field.focus();
    }
}

/// Takes the focus from the element with this id.
pub fn blur_id(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) =
        document().and_then(|document| document.get_element_by_id(id)).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = element.blur();
    }
    let _ = id;
}

/// Scrolls the element with this id into view, no further than needed.
pub fn reveal_id(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(element) = document().and_then(|document| document.get_element_by_id(id)) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
    let _ = id;
}

/// Focuses the next (`step` 1), previous (-1), first (0) or last (`i32::MAX`) match of `selector`
/// inside the element with id `within`, counted from where the focus is.
pub fn move_focus(within: &str, selector: &str, step: i32) {
    #[cfg(feature = "hydrate")]
    if let Some(document) = document()
        && let Some(root) = document.get_element_by_id(within)
        && let Ok(list) = root.query_selector_all(selector)
    {
        let items: Vec<web_sys::HtmlElement> = (0..list.length()).filter_map(|i| list.item(i)?.dyn_into().ok()).collect();
        if items.is_empty() {
            return;
        }
        let active = document.active_element();
        let at = items.iter().position(|item| {
            let item: &web_sys::Element = item;
            active.as_ref() == Some(item)
        });
        let count = items.len() as i32;
        let to = match (step, at) {
            (0, _) => 0,
            (i32::MAX, _) => count - 1,
            (step, Some(at)) => (at as i32 + step).rem_euclid(count),
            (_, None) => 0,
        };
        let _ = items[to as usize].focus();
    }
    let _ = (within, selector, step);
}

/// Runs after `millis`, in the browser only.
pub fn after(millis: u64, run: impl FnOnce() + 'static) {
    #[cfg(feature = "hydrate")]
    set_timeout(run, std::time::Duration::from_millis(millis));
    #[cfg(not(feature = "hydrate"))]
    let _ = (millis, run);
}

/// Runs before the next frame, in the browser only.
pub fn next_frame(run: impl FnOnce() + 'static) {
    #[cfg(feature = "hydrate")]
    request_animation_frame(run);
    #[cfg(not(feature = "hydrate"))]
    let _ = run;
}

#[cfg(feature = "hydrate")]
thread_local! {
    /// What waits for the page to be taken over; `None` once it is.
    static WAITING: std::cell::RefCell<Option<Vec<Box<dyn FnOnce()>>>> = const { std::cell::RefCell::new(Some(Vec::new())) };
}

/// Runs once the page that the server drew has been taken over as a whole, at once when it has been. Until then
/// the frame is alive and the page in it may still wait for its script: whoever adds or removes an element
/// meanwhile takes away the place where hydration was to go on. In the browser only.
pub fn once_hydrated(run: impl FnOnce() + 'static) {
    #[cfg(feature = "hydrate")]
    {
        let run: Box<dyn FnOnce()> = Box::new(run);
        let now = WAITING.with_borrow_mut(|waiting| match waiting {
            Some(waiting) => {
                waiting.push(run);
                None
            }
            None => Some(run),
        });
        if let Some(run) = now {
            run();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = run;
}

/// The page has been taken over: what waited for it runs now, and its scripts are told.
pub fn hydrated() {
    #[cfg(feature = "hydrate")]
    for run in WAITING.take().unwrap_or_default() {
        run();
    }
    tell("guanhu:taken");
    next_frame(|| tell("guanhu:alive"));
}

/// Where the pointer stands in the element that listens, from 0 at its left edge to 1 at its right.
pub fn pointer_share(event: &leptos::ev::PointerEvent) -> Option<f64> {
    #[cfg(feature = "hydrate")]
    {
        let element = event.current_target()?.dyn_into::<web_sys::Element>().ok()?;
        let bounds = element.get_bounding_client_rect();
        (bounds.width() > 0.0).then(|| ((f64::from(event.client_x()) - bounds.left()) / bounds.width()).clamp(0.0, 1.0))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Whether a press is the main button of a mouse or the tip of a pen, which draw; a finger scrolls.
pub fn is_drawing(event: &leptos::ev::PointerEvent) -> bool {
    #[cfg(feature = "hydrate")]
    return event.button() == 0 && event.pointer_type() != "touch";
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}

/// The `data-at` of what is pointed at, or of what it lies in.
pub fn pointed_at(event: &leptos::ev::PointerEvent) -> Option<usize> {
    #[cfg(feature = "hydrate")]
    {
        let element = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        element.closest("[data-at]").ok()??.get_attribute("data-at")?.parse().ok()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Presses what `selector` finds beside the element that hears the key.
pub fn press_beside(event: &leptos::ev::KeyboardEvent, selector: &str) {
    #[cfg(feature = "hydrate")]
    {
        let element = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let found = element.and_then(|element| element.parent_element()?.query_selector(selector).ok()?);
        if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
            event.prevent_default();
            found.click();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, selector);
}

/// Gives the browser a file of this type of text.
pub fn download(name: &str, kind: &str, text: &str) {
    #[cfg(feature = "hydrate")]
    {
        let options = web_sys::BlobPropertyBag::new();
        options.set_type(kind);
        let parts = web_sys::js_sys::Array::of1(&JsValue::from_str(text));
        if let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) {
            save(name, &blob);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (name, kind, text);
    }
}

/// Saves a file that the page has made. It may be larger than an address of data may be long.
#[cfg(feature = "hydrate")]
pub fn save(name: &str, blob: &web_sys::Blob) {
    let link = document().and_then(|document| document.create_element("a").ok()?.dyn_into::<web_sys::HtmlElement>().ok());
    let Some((link, href)) = link.zip(web_sys::Url::create_object_url_with_blob(blob).ok()) else { return };
    let _ = link.set_attribute("href", &href);
    let _ = link.set_attribute("download", name);
    link.click();
    // The browser reads it after this; a minute is enough for what it has in memory already.
    after(60_000, move || {
        let _ = web_sys::Url::revoke_object_url(&href);
    });
}

/// Puts words on the clipboard. Plain http offers no clipboard of its own: then by way of a text area.
pub fn copy(words: &str) -> bool {
    #[cfg(feature = "hydrate")]
    return copy_by_selection(words).unwrap_or(false);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = words;
        false
    }
}

#[cfg(feature = "hydrate")]
fn copy_by_selection(words: &str) -> Option<bool> {
    let document = document()?;
    let area: web_sys::HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(words);
    area.set_class_name("sr-only");
    let body = document.body()?;
    let focused = document.active_element().and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    body.append_child(&area).ok()?;
    area.select();
    let copied = document.dyn_into::<web_sys::HtmlDocument>().ok()?.exec_command("copy").unwrap_or(false);
    area.remove();
    if let Some(focused) = focused {
        let _ = focused.focus();
    }
    Some(copied)
}
