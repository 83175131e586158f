//! Reading JSON that was sent: what does not fit is refused with its place and a word on what is expected there.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::{Code, FieldProblem, Problem, Rule, rules::WHOLE_OR_TEXT};

/// Characters that are told back of what was sent.
const SAID_MAX: usize = 40;

/// # Errors
/// `invalid` with the place as a JSON pointer where the JSON is of another form, or nested too deeply; `malformed` with line and
/// column for what is no JSON.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let (place, error) = match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => match reader.end() {
            Ok(()) => return Ok(value),
            Err(error) => (String::new(), error),
        },
        Err(error) => (pointer(error.path()), error.into_inner()),
    };
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let (place, rule) = match error.classify() {
        Category::Data => expected(place, message),
        _ if message.starts_with("recursion limit") => {
            (place, said("嵌套过深，没有读到底。".into(), "This is nested too deeply to be read.".into()))
        }
        // JSON, but not of the one name that is chosen by.
        _ if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => {
            (place, should_be("名称，或只含一个名称的对象", "a name, or an object of one name"))
        }
        _ => {
            let (line, column) = (error.line(), error.column());
            let rule =
                said(format!("第 {line} 行第 {column} 列起不是 JSON。"), format!("From line {line}, column {column} on this is not JSON."));
            return Err(Problem { fields: vec![FieldProblem { field: place, rule }], ..Problem::new(Code::Malformed) });
        }
    };
    Err(Problem::field(place, rule))
}

fn pointer(path: &Path) -> String {
    let mut place = String::new();
    for segment in path {
        place.push('/');
        match segment {
            Segment::Seq { index } => place.push_str(&index.to_string()),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                place.extend(name.chars().take(SAID_MAX).flat_map(|c| match c {
                    '~' => vec!['~', '0'],
                    '/' => vec!['~', '1'],
                    c => vec![c],
                }));
            }
            Segment::Unknown => {}
        }
    }
    place
}

fn said(zh: String, en: String) -> Rule {
    Rule::Other { zh, en }
}

fn should_be(zh: &str, en: &str) -> Rule {
    said(format!("此处应为{zh}。"), format!("This should be {en}."))
}

/// What serde says, as a rule that fields are told by.
fn expected(place: String, message: &str) -> (String, Rule) {
    if let Some(name) = message.strip_prefix("missing field ") {
        return (format!("{place}/{}", name.trim_matches('`')), Rule::Required);
    }
    for unknown in ["unknown variant `", "unknown field `"] {
        let Some(rest) = message.strip_prefix(unknown) else { continue };
        let Some((name, known)) = rest.rsplit_once("`, expected ").or(rest.rsplit_once("`, there are no ")) else { continue };
        // Names stand in backticks, whatever is said between them.
        let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let name: String = name.chars().take(SAID_MAX).collect();
        return (
            place,
            said(
                format!("没有“{name}”，可以是：{}。", known.join("、")),
                format!("There is no “{name}”. It can be: {}.", known.join(", ")),
            ),
        );
    }
    let Some((found, wanted)) = message.rsplit_once(", expected ") else {
        let is_date = ["premature end of input", "input contains invalid characters", "input is out of range", "trailing input"];
        let rule = if is_date.contains(&message) {
            Rule::NotADate
        } else {
            let message: String = message.chars().take(2 * SAID_MAX).collect();
            said(format!("格式不符：{message}"), format!("This is of another form: {message}"))
        };
        return (place, rule);
    };
    let bounds = match wanted {
        "u8" => Some((0, u8::MAX.into())),
        "u16" => Some((0, u16::MAX.into())),
        "u32" => Some((0, u32::MAX.into())),
        "u64" | "usize" => Some((0, i64::MAX)),
        "i8" => Some((i8::MIN.into(), i8::MAX.into())),
        "i16" => Some((i16::MIN.into(), i16::MAX.into())),
        "i32" => Some((i32::MIN.into(), i32::MAX.into())),
        "i64" => Some((i64::MIN, i64::MAX)),
        _ => None,
    };
    let rule = match (bounds, wanted) {
        (Some((min, max)), _) if found.starts_with("invalid value") => Rule::OutOfRange { min: min.to_string(), max: max.to_string() },
        (Some(_), _) => should_be("整数", "a whole number"),
        (None, "f32" | "f64") => should_be("数", "a number"),
        (None, "a string" | "a borrowed string" | "str") => should_be("文本", "a text"),
        (None, "a boolean") => should_be(" true 或 false", "true or false"),
        (None, "a sequence") => should_be("列表", "a list"),
        (None, WHOLE_OR_TEXT) => should_be("整数或文本", WHOLE_OR_TEXT),
        (None, wanted) if wanted == "a map" || wanted.starts_with("struct ") => should_be("对象", "an object"),
        (None, wanted) => should_be(&format!("：{wanted}"), wanted),
    };
    (place, rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lang, groups::GroupDraft, rules::RuleSet};

    /// Code, place and words of why a group of this rule is refused.
    fn refused(rule: &str) -> (Code, String, String) {
        let draft = format!(r#"{{"name": "客户群", "kind": "dynamic", "rule": {rule}}}"#);
        let problem = read::<GroupDraft>(draft.as_bytes()).unwrap_err();
        let [fault] = &problem.fields[..] else { panic!("{problem}") };
        assert!(!fault.rule.message(Lang::Zh).is_ascii());
        (problem.code, fault.field.clone(), fault.rule.message(Lang::En))
    }

    #[test]
    fn what_is_no_rule_is_told_with_its_place_and_what_is_expected_there() {
        let when = |condition: &str| refused(&format!(r#"{{"v": 1, "when": {{"all": [{{"known": {{"field": "aum"}}}}, {condition}]}}}}"#));
        for (condition, place, words) in [
            (
                r#"{"compare": {"field": "aum", "op": "ge", "value": 1.5}}"#,
                "/rule/when/all/1/compare/value",
                "This should be a whole number or a text.",
            ),
            (
                r#"{"compare": {"field": "aum", "op": "like", "value": 1}}"#,
                "/rule/when/all/1/compare/op",
                "There is no “like”. It can be: eq, ne, lt, le, gt, ge, contains.",
            ),
            (r#"{"compare": {"field": "aum", "op": "ge"}}"#, "/rule/when/all/1/compare/value", "This is required."),
            (r#"{"within": {"field": "opened_on", "days": 70000}}"#, "/rule/when/all/1/within/days", "Must be between 0 and 65535."),
            (r#"{"within": {"field": "opened_on", "days": "7"}}"#, "/rule/when/all/1/within/days", "This should be a whole number."),
            (r#"{"known": {"field": 3}}"#, "/rule/when/all/1/known/field", "This should be a text."),
            (
                r#"{"known": {"field": "aum", "since`/~": 3}}"#,
                "/rule/when/all/1/known/since`~1~0",
                "There is no “since`/~”. It can be: field.",
            ),
            (r#"{"any": {}}"#, "/rule/when/all/1/any", "This should be a list."),
            ("true", "/rule/when/all/1", "This should be a name, or an object of one name."),
            (r#"{"known": {"field": "aum"}, "any": []}"#, "/rule/when/all/1", "This should be a name, or an object of one name."),
            ("{}", "/rule/when/all/1", "This should be a name, or an object of one name."),
        ] {
            assert_eq!(when(condition), (Code::Invalid, place.into(), words.into()), "{condition}");
        }
        let (code, place, words) = when(r#"{"drop table customer": {}}"#);
        assert_eq!((code, place.as_str()), (Code::Invalid, "/rule/when/all/1"));
        assert!(words.starts_with("There is no “drop table customer”. It can be: all, any, not, compare,"), "{words}");
        assert_eq!(refused("[]").1, "/rule");
    }

    #[test]
    fn json_that_is_too_deep_or_none_has_a_place_too() {
        let deep = format!(r#"{{"v": 1, "when": {}{{"known": {{"field": "aum"}}}}{}}}"#, r#"{"not": "#.repeat(10_000), "}".repeat(10_000));
        let (code, place, words) = refused(&deep);
        assert_eq!((code, words.as_str()), (Code::Invalid, "This is nested too deeply to be read."));
        assert!(place.starts_with("/rule/when/not/not/") && place.ends_with("/not"), "{place}");
        let (code, place, words) = refused(r#"{"v": 1, "when": {"all": [}}"#);
        assert_eq!((code, place.as_str()), (Code::Malformed, "/rule/when/all/0"));
        assert!(words.starts_with("From line 1, column "), "{words}");
        let problem = read::<RuleSet>(br#"{"v": 1, "when": {"all": []}} x"#).unwrap_err();
        assert_eq!((problem.code, problem.fields.len()), (Code::Malformed, 1));
        assert!(read::<RuleSet>(br#"{"v": 1, "when": {"all": []}}"#).is_ok());
        assert_eq!(read::<chrono::NaiveDate>(br#""2026-13""#).unwrap_err().fields[0].rule, Rule::NotADate);
    }
}
