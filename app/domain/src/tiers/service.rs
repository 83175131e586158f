//! Who may serve customers of a tier.

/// The qualifications in what a register of staff says: `AFP、基金从业` are two.
pub fn qualifications(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '，', '、', ';', '；', '/', '\n']).map(str::trim).filter(|one| !one.is_empty())
}

/// Has somebody of this qualification one of those that a tier asks for? Capital letters or not; a tier that asks for none is
/// served by anybody.
pub fn may_serve(served_by: &[String], qualification: &str) -> bool {
    let has = |wanted: &String| qualifications(qualification).any(|own| own.to_lowercase() == wanted.to_lowercase());
    served_by.is_empty() || served_by.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_is_enough() {
        let private = ["CFP".to_owned(), "私人银行家".to_owned()];
        assert_eq!(qualifications(" AFP、基金从业，, CFP ").collect::<Vec<_>>(), ["AFP", "基金从业", "CFP"]);
        assert!(may_serve(&private, "AFP/cfp"));
        assert!(may_serve(&private, "私人银行家"));
        assert!(!may_serve(&private, "AFP"));
        assert!(!may_serve(&private, ""), "nothing is known of this one");
        assert!(may_serve(&[], ""));
    }
}
