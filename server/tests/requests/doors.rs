//! Every door is opened in somebody's story: what only ever refuses has not been shown to work.
//!
//! **Adding a door:** use it in a story and name it in that story's list, which the story itself checks at its end.

use std::collections::BTreeSet;

use guanhu_server::api::ROUTES;
use leptos::server_fn::axum::server_fn_paths;

use crate::{administration, customers, figures, groups, imports, live, opportunities, parameters, practice, session, tiers, transfers};

/// What each story opens: REST as `post /transfers`, functions of the pages as `transfers/request`.
const STORIES: &[&[&str]] = &[
    administration::ADMINISTERED,
    administration::OWN,
    customers::READ,
    customers::CHANGED,
    customers::ON_THE_PAGE,
    customers::DOCUMENTED,
    figures::PRICED,
    figures::REACHED,
    groups::KEPT,
    groups::JUDGED,
    imports::LOADED,
    live::HEARD,
    opportunities::PURSUED,
    parameters::SET,
    practice::PRACTISED,
    session::BEGUN,
    tiers::PUBLISHED,
    tiers::BY_HAND,
    transfers::ASKED_AND_DECIDED,
    transfers::BY_FILE,
    transfers::PICKED_AND_SHARED,
    transfers::HANDED_OVER,
];

#[test]
fn every_door_is_opened_in_a_story() {
    let routes = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path));
    let functions = server_fn_paths().map(|(path, _)| path.trim_start_matches("/api/").to_owned());
    let doors: BTreeSet<String> = routes.chain(functions).collect();
    let opened: BTreeSet<String> = STORIES.iter().flat_map(|doors| doors.iter().map(|door| (*door).to_owned())).collect();
    assert_eq!(
        doors.symmetric_difference(&opened).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "a door without a story, or a story's door that is no more"
    );
}
