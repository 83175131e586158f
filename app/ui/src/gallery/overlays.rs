use leptos::prelude::*;

use super::text;
use crate::*;

pub fn overlays() -> AnyView {
    let lang = use_lang();
    let toasts = use_toasts();
    let dialog = RwSignal::new(false);
    let sheet = RwSignal::new(false);
    let closed = RwSignal::new(true);
    let dormant = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    let items = Signal::derive(move || {
        vec![
            MenuItem::new(move || text::add_relation(lang.get()), move || ()).glyph(Glyph::Relation).note("R"),
            MenuItem::link(move || text::print(lang.get()), "#").glyph(Glyph::Print).note("Ctrl P"),
            MenuItem::new(move || text::show_closed(lang.get()), move || closed.update(|on| *on = !*on)).checked(closed),
            MenuItem::new(move || text::delete(lang.get()), move || ()).glyph(Glyph::Trash).danger().rule(),
        ]
    });
    view! {
        <Section title=t(text::overlays)>
            <div class="line">
                <Button icon=Glyph::Eye on_click=move |_| dialog.set(true)>{t(text::open_dialog)}</Button>
                <Button icon=Glyph::Phone on_click=move |_| sheet.set(true)>{t(text::open_sheet)}</Button>
                <Popover name="gallery-filters" label=t(text::filters) glyph=Glyph::Filter>
                    <Checkbox checked=dormant label=t(text::with_dormant)/>
                </Popover>
                <Menu name="gallery-menu" label=t(text::actions) glyph=Glyph::More items/>
                <Tooltip name="gallery-aum" text=t(text::aum_help)>
                    <Button kind=ButtonKind::Quiet>{t(text::aum)}</Button>
                </Tooltip>
                <Button on_click=move |_| toasts.undo(move || text::moved(lang.get()), move || ())>{t(text::move_toast)}</Button>
                <Button on_click=move |_| toasts.alarm(move || text::alarm_text(lang.get()))>{t(text::alarm_toast)}</Button>
            </div>
            <Dialog
                name="gallery-dialog"
                open=dialog
                title=t(text::open_dialog)
                footer=move || view! {
                    <Button on_click=move |_| dialog.set(false)>{t(crate::text::cancel)}</Button>
                    <Button kind=ButtonKind::Primary on_click=move |_| dialog.set(false)>{t(text::reveal)}</Button>
                }
            >
                <Field name="gallery-reason" label=t(text::reason) hint=t(text::reason_hint) required=true>
                    <TextInput value=reason/>
                </Field>
            </Dialog>
            <Sheet name="gallery-sheet" open=sheet title=t(text::open_sheet)>
                <Field name="gallery-note" label=t(text::note)><TextArea value=note/></Field>
            </Sheet>
        </Section>
    }
    .into_any()
}
