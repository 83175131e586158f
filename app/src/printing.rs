//! Pages on paper: `style/print.css` puts the head, the mark and the number onto every sheet. The mark comes
//! from the server: the page brings one from when it was made, and printing asks for the moment itself.

use guanhu_domain::{
    access::Me,
    printing::{self, Printed},
};
use guanhu_ui::dom;
use leptos::{prelude::*, task::spawn_local};

#[cfg(feature = "ssr")]
use crate::practice::{Here, paper_head};
use crate::{Fail, wire::Call};

#[server(endpoint = "print", protocol = Call)]
pub async fn record_print(path: String) -> Result<Printed, Fail> {
    let (bank, actor) = crate::server::acting()?;
    let result = guanhu_crm::printing::print(&bank, &actor, &path).await;
    crate::server::settle(&bank, &actor, result).await
}

/// What a page made now says of itself on paper, as a style of its root.
#[cfg(feature = "ssr")]
pub fn style(me: &Me, here: Here) -> String {
    let head = printing::quoted(&paper_head(here, &me.bank_name));
    let mark = printing::quoted(&printing::mark(me, chrono::Utc::now()));
    format!("--print-head:{head};--print-mark:{mark}")
}

/// Told to whatever is read only once it comes into sight: paper shows all of it.
pub const PAPER: &str = "guanhu:paper";

/// How often it is looked whether all of a page has come, and after how many looks it is printed as it is.
const LOOK_MS: u64 = 100;
const LOOKS: u32 = 20;

/// Prints the page in sight, once all of it has come. Without the server it is printed with the mark it came with.
pub fn print(me: Me, path: String) {
    dom::tell(PAPER);
    spawn_local(async move {
        if let Ok(Printed { at }) = record_print(path).await {
            set_mark(&printing::quoted(&printing::mark(&me, at)));
        }
        once_whole(LOOKS);
    });
}

fn once_whole(looks: u32) {
    if looks > 0 && dom::has("main .skeleton") {
        dom::after(LOOK_MS, move || once_whole(looks - 1));
    } else {
        print_now();
    }
}

fn set_mark(mark: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(root) = root {
            let _ = root.style().set_property("--print-mark", mark);
        }
    }
    let _ = mark;
}

fn print_now() {
    #[cfg(feature = "hydrate")]
    let _ = window().print();
}
