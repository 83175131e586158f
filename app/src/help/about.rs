//! Which place of the handbook is about a page.

/// The chapter, with its section, about a page by the beginning of its address; what is longer stands first.
const ABOUT: &[(&str, &str)] = &[
    ("/account", "start#login"),
    ("/admin/approvals", "admin#approvals"),
    ("/admin/newcomers", "transfers#newcomers"),
    ("/admin/parameters", "parameters"),
    ("/admin/prices", "contribution#prices"),
    ("/admin/products", "products#wording"),
    ("/admin/scoring", "scoring#weights"),
    ("/admin/staff", "admin#staff"),
    ("/admin/units", "admin#units"),
    ("/admin/users", "admin#users"),
    ("/audit", "admin#audit"),
    ("/board", "transfers#board"),
    ("/customers/", "customers#one"),
    ("/customers", "customers"),
    ("/dashboards/behind", "dashboards#behind"),
    ("/dashboards/home", "dashboards#home"),
    ("/dashboards/managers", "dashboards#managers"),
    ("/dashboards/products", "products"),
    ("/dashboards/targets", "targets"),
    ("/dashboards/value", "dashboards#value"),
    ("/dashboards", "dashboards"),
    ("/groups", "groups"),
    ("/handover", "transfers#handover"),
    ("/imports/mappings", "imports#mapping"),
    ("/imports", "imports"),
    ("/lifecycle", "lifecycle"),
    ("/opportunities", "opportunities#board"),
    ("/pool", "transfers#pick"),
    ("/practice", "practice"),
    ("/system", "system"),
    ("/tiers", "tiers"),
    ("/transfers/new", "transfers#many"),
    ("/transfers", "transfers"),
];

/// The address of the handbook's place about this page; of its beginning where there is none.
pub fn about(path: &str) -> String {
    let place = ABOUT.iter().find(|(page, _)| path.starts_with(page));
    place.map_or_else(|| "/help".to_owned(), |(_, place)| format!("/help/{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::PLACES;

    #[test]
    fn every_place_of_the_rail_is_explained_in_both_languages() {
        for (_, page, ..) in PLACES {
            assert_ne!(about(page), "/help", "{page}");
        }
        assert_eq!(about("/customers/100000000001"), "/help/customers#one");
        assert_eq!(about("/login"), "/help");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn what_pages_and_fields_point_at_is_there() {
        use crate::help::book::has;
        for (page, place) in ABOUT {
            assert!(has(place), "{page} points at {place}");
        }
        for parameter in guanhu_domain::parameters::CATALOGUE {
            let place = format!("parameters#{}", parameter.key.replace('.', "-"));
            assert!(has(&place), "{} is not explained", parameter.key);
        }
        let mut files = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut found = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            } else {
                let text = std::fs::read_to_string(&path).expect("a source");
                for place in text.split(concat!("help", "=\"")).skip(1).filter_map(|rest| rest.split('"').next()) {
                    assert!(has(place), "{} points at {place}", path.display());
                    found += 1;
                }
            }
        }
        assert!(found > 50, "{found} fields have a question mark");
    }
}
