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
    use wasm_bindgen::{JsCast, closure::Closure};

    let Ok(image) = web_sys::HtmlImageElement::new() else { return };
    let painted = image.clone();
    let paint = move || {
        let canvas = leptos::prelude::document().create_element("canvas").ok()?.dyn_into::<web_sys::HtmlCanvasElement>().ok()?;
        let (width, height) = (painted.natural_width() * 2, painted.natural_height() * 2);
        canvas.set_width(width);
        canvas.set_height(height);
        let context = canvas.get_context("2d").ok()??.dyn_into::<web_sys::CanvasRenderingContext2d>().ok()?;
        context.draw_image_with_html_image_element_and_dw_and_dh(&painted, 0.0, 0.0, width.into(), height.into()).ok()?;
        guanhu_ui::dom::offer(&format!("{name}.png"), &canvas.to_data_url_with_type("image/png").ok()?);
        Some(())
    };
    let loaded = Closure::once_into_js(move || {
        paint();
    });
    image.set_onload(Some(loaded.unchecked_ref()));
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{}", Url::escape(svg)));
}
