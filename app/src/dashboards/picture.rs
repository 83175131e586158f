//! A drawing as a picture: the browser paints its SVG, twice as large, and gives it as PNG.

/// Saves `svg` as `{name}.png`. Nothing happens in a browser that cannot paint it.
pub fn download(name: &str, svg: &str) {
    #[cfg(feature = "hydrate")]
    paint(name.to_owned(), svg);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (name, svg);
    }
}

#[cfg(feature = "hydrate")]
fn paint(name: String, svg: &str) {
    use leptos_router::location::Url;
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};

    // Browsers refuse a larger side.
    const SIDE: f64 = 16_384.0;

    let Ok(image) = web_sys::HtmlImageElement::new() else { return };
    let painted = image.clone();
    let paint = move || {
        let canvas = leptos::prelude::document().create_element("canvas").ok()?.dyn_into::<web_sys::HtmlCanvasElement>().ok()?;
        let (width, height) = (f64::from(painted.natural_width()), f64::from(painted.natural_height()));
        let scale = (SIDE / width.max(height).max(1.0)).min(2.0);
        let (width, height) = ((width * scale).floor(), (height * scale).floor());
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let context = canvas.get_context("2d").ok()??.dyn_into::<web_sys::CanvasRenderingContext2d>().ok()?;
        context.draw_image_with_html_image_element_and_dw_and_dh(&painted, 0.0, 0.0, width, height).ok()?;
        let save = Closure::once_into_js(move |picture: JsValue| {
            if let Ok(picture) = picture.dyn_into::<web_sys::Blob>() {
                guanhu_ui::dom::save(&format!("{name}.png"), &picture);
            }
        });
        canvas.to_blob(save.unchecked_ref()).ok()
    };
    let loaded = Closure::once_into_js(move || {
        paint();
    });
    image.set_onload(Some(loaded.unchecked_ref()));
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{}", Url::escape(svg)));
}
