use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use leptos::prelude::*;

use super::text;
use crate::*;

#[derive(Clone, PartialEq)]
struct Row {
    number: String,
    name: String,
    tier: u8,
    aum: i64,
    contribution: i64,
    manager: &'static str,
    branch: &'static str,
    state: u8,
    contacted: NaiveDate,
}

/// Rows from a small generator, the same every time.
fn rows(count: u64) -> Vec<Row> {
    const FAMILY: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "欧阳", "上官"];
    const GIVEN: [&str; 14] = ["小明", "建国", "秀英", "思远", "敏", "丽华", "志强", "雨桐", "浩然", "静", "婉清", "子涵", "国栋", "海燕"];
    const MANAGERS: [&str; 4] = ["王小明", "李建国", "陈思远", "赵敏"];
    const BRANCHES: [&str; 4] = ["临江支行", "滨河支行", "望江路网点", "高新支行"];
    let day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap_or_default();
    (0..count)
        .map(|i| {
            let mix = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let pick = |shift: u32, of: usize| (mix >> shift) as usize % of;
            let tier = [0, 0, 1, 1, 2, 2, 3, 4, 5][pick(40, 9)];
            let aum = (mix >> 20) as i64 % 9_000_000 * 10i64.pow(u32::from(tier) / 2) + 12_345;
            let name = match i {
                3 => "江州市临江区望江路长江三角洲国际供应链管理与跨境电子商务综合服务股份有限公司".to_string(),
                _ => format!("{}{}", FAMILY[pick(8, 12)], GIVEN[pick(16, 14)]),
            };
            Row {
                number: format!("6100{:08}", mix % 100_000_000),
                name,
                tier,
                aum: if i == 5 { 98_765_432_109_876 } else { aum },
                contribution: aum / 97 - 20_000,
                manager: MANAGERS[pick(30, 4)],
                branch: BRANCHES[pick(34, 4)],
                state: [0, 0, 0, 0, 1, 2, 3][pick(44, 7)],
                contacted: day - Days::new(pick(50, 200) as u64),
            }
        })
        .collect()
}

fn columns() -> Vec<Column<Row>> {
    let lang = use_lang();
    vec![
        Column::text("name", t(text::name), |row: &Row| row.name.clone()).width(168).pinned().sortable().card(table::Card::Lead),
        Column::text("number", t(text::number), |row: &Row| row.number.clone()).width(128),
        Column::new("tier", t(text::tier), |row: &Row| {
            const WORDS: [fn(guanhu_domain::i18n::Lang) -> &'static str; 6] =
                [text::tier_0, text::tier_1, text::tier_2, text::tier_3, text::tier_4, text::tier_5];
            view! { <TierMark rank=row.tier.into() label=t(WORDS[row.tier as usize])/> }.into_any()
        })
        .width(112)
        .sortable()
        .card(table::Card::Sub),
        Column::new("aum", t(text::aum_wan), move |row: &Row| {
            let unit = match lang.get() {
                guanhu_domain::i18n::Lang::Zh => AmountUnit::Wan,
                guanhu_domain::i18n::Lang::En => AmountUnit::Thousand,
            };
            view! { <Amount minor=row.aum unit bare=true/> }.into_any()
        })
        .width(144)
        .right()
        .sortable()
        .card(table::Card::Value),
        Column::new("contribution", t(text::contribution_yuan), |row: &Row| {
            view! { <Amount minor=row.contribution exact=true/> }.into_any()
        })
        .width(144)
        .right()
        .sortable(),
        Column::new("state", t(text::state), |row: &Row| {
            let (tone, words): (Tone, fn(guanhu_domain::i18n::Lang) -> &'static str) = match row.state {
                0 => (Tone::Good, text::normal),
                1 => (Tone::Warn, text::soon_due),
                2 => (Tone::Neutral, text::pending),
                _ => (Tone::Alarm, text::overdue),
            };
            view! { <Badge tone>{t(words)}</Badge> }.into_any()
        })
        .width(128),
        Column::text("manager", t(text::manager), |row: &Row| row.manager.to_string()).width(104),
        Column::text("branch", t(text::branch), |row: &Row| row.branch.to_string()).width(120).hidden(),
        Column::new("contacted", t(text::contacted), |row: &Row| view! { <DateText date=row.contacted/> }.into_any())
            .width(120)
            .sortable()
            .card(table::Card::Meta),
    ]
}

pub fn table() -> AnyView {
    let all = RwSignal::new(rows(10_000));
    let sort = RwSignal::new(Some(Sort::descending("aum")));
    Effect::new(move |_| {
        let asked = sort.get();
        all.update(|rows| match asked.as_ref().map(|sort| (sort.key.as_str(), sort.descending)) {
            Some(("aum", true)) => rows.sort_by_key(|row| -row.aum),
            Some(("aum", false)) => rows.sort_by_key(|row| row.aum),
            Some(("contribution", true)) => rows.sort_by_key(|row| -row.contribution),
            Some(("contribution", false)) => rows.sort_by_key(|row| row.contribution),
            Some(("tier", down)) => rows.sort_by_key(|row| if down { -(row.tier as i8) } else { row.tier as i8 }),
            Some(("contacted", _)) => rows.sort_by_key(|row| row.contacted),
            Some((_, _)) => rows.sort_by(|a, b| a.name.cmp(&b.name)),
            None => rows.sort_by(|a, b| a.number.cmp(&b.number)),
        });
    });
    let first: BTreeSet<String> = rows(2).into_iter().map(|row| row.number).collect();
    let selected = RwSignal::new(first);
    view! {
        <Section title=t(text::table)>
            <div id="table">
                <DataTable
                    name="gallery-table"
                    label=t(text::customers)
                    columns=columns()
                    rows=all
                    key=|row: &Row| row.number.clone()
                    href=|row: &Row| format!("#{}", row.number)
                    sort
                    selected
                    tools=move || view! { <Chip field=t(text::tier) value=t(text::tier_2) on=true on_remove=move || ()/> }
                />
            </div>
            <h3>{t(text::last_page)}</h3>
            <div class="columns">
                {small("gallery-busy", true, None)}
                {small("gallery-empty", false, None)}
                {small("gallery-failed", false, Some(text::balances_failed))}
            </div>
        </Section>
    }
    .into_any()
}

/// The table of a page that has all of its rows: in groups, with figures to type and a sum.
pub fn plain() -> AnyView {
    let lang = use_lang();
    let group = move |unit: fn(guanhu_domain::i18n::Lang) -> &'static str, lines: [(&'static str, i64, i64); 2]| {
        let rows = lines.map(|(name, target, actual)| {
            let typed = RwSignal::new(Some(target));
            let label = move || format!("{} · {name}", text::target(lang.get()));
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="num"><MoneyInput value=typed label/></td>
                    <td class="num"><Amount minor=actual exact=true/></td>
                </tr>
            }
        });
        view! {
            <tbody>
                <tr><th scope="rowgroup" colspan="3">{t(unit)}</th></tr>
                {rows.into_iter().collect_view()}
            </tbody>
        }
    };
    view! {
        <Section title=t(text::plain_table)>
            <div class="table-wrap" tabindex="0" role="region" aria-label=t(text::plan_actual)>
                <table class="table-plain">
                    <thead>
                        <tr>
                            <th scope="col">{t(text::manager)}</th>
                            <th class="num" scope="col">{t(text::target)}</th>
                            <th class="num" scope="col">{t(text::actual)}</th>
                        </tr>
                    </thead>
                    {group(text::linjiang, [("王小明", 90_000_000, 128_431_507), ("李建国", 90_000_000, 96_705_220)])}
                    {group(text::binhe, [("陈思远", 80_000_000, 51_208_004), ("赵敏", 60_000_000, 60_000_000)])}
                    <tfoot>
                        <tr>
                            <th scope="row">{t(text::total)}</th>
                            <td class="num"><Amount minor=320_000_000 exact=true/></td>
                            <td class="num"><Amount minor=336_344_731 exact=true/></td>
                        </tr>
                    </tfoot>
                </table>
            </div>
        </Section>
    }
    .into_any()
}

fn small(name: &'static str, busy: bool, failed: Option<fn(guanhu_domain::i18n::Lang) -> &'static str>) -> AnyView {
    let lang = use_lang();
    let rows: Vec<Row> = if busy { rows(4) } else { Vec::new() };
    let columns = columns().into_iter().enumerate().filter(|(i, _)| *i == 0 || *i == 3).map(|(_, c)| c).collect();
    view! {
        <DataTable
            name
            label=t(text::customers)
            columns
            rows=rows
            key=|row: &Row| row.number.clone()
            busy
            error=Signal::derive(move || failed.map(|failed| failed(lang.get()).to_string()))
            on_retry=move || ()
            fixed=true
        />
    }
    .into_any()
}

pub fn tabs() -> AnyView {
    let active = RwSignal::new("holdings".to_string());
    let tabs = vec![
        Tab::new("holdings", t(text::holdings)).count(Some(6)),
        Tab::new("transactions", t(text::transactions)),
        Tab::new("relations", t(text::relations)).count(Some(3)),
    ];
    view! {
        <Section title=t(text::parts)>
            <Breadcrumb path=vec![
                (t(text::head_office).into(), Some("#".into())),
                (t(text::jiangzhou).into(), Some("#".into())),
                (t(text::linjiang).into(), None),
            ]/>
            <div>
                <Tabs name="gallery-tabs" label=t(text::parts) active tabs/>
                <TabPanel name="gallery-tabs" tab="holdings" active>{t(text::holdings_text)}</TabPanel>
                <TabPanel name="gallery-tabs" tab="transactions" active>{t(text::transactions_text)}</TabPanel>
                <TabPanel name="gallery-tabs" tab="relations" active>{t(text::relations_text)}</TabPanel>
            </div>
            <Stepper
                at=1
                steps=vec![
                    t(text::step_upload).into(),
                    t(text::step_check).into(),
                    t(text::step_import).into(),
                    t(text::step_repair).into(),
                ]
            />
        </Section>
    }
    .into_any()
}

pub fn trails() -> AnyView {
    let lang = use_lang();
    let selected = RwSignal::new(Some("0301".to_string()));
    let open = RwSignal::new(BTreeSet::from(["00".to_string(), "03".to_string()]));
    let node = |key: &str, label: &str, note: &str, children: Vec<TreeNode>| TreeNode {
        key: key.into(),
        label: label.into(),
        note: note.into(),
        children,
    };
    let nodes = Signal::derive(move || {
        let lang = lang.get();
        let outlet = node("030101", text::wangjiang(lang), "412", Vec::new());
        let branch = vec![node("0301", text::linjiang(lang), "1,284", vec![outlet]), node("0302", text::binhe(lang), "967", Vec::new())];
        vec![node("00", text::head_office(lang), "5,000", vec![node("03", text::jiangzhou(lang), "2,251", branch)])]
    });
    view! {
        <Section title=t(text::trails)>
            <div class="columns">
                <Timeline>
                    <TimelineItem when="10-29 10:32" title=t(text::called) by=t(text::by_wang) tone=Tone::Good>
                        {t(text::called_text)}
                    </TimelineItem>
                    <TimelineItem when="10-01" title=t(text::upgraded) by=t(text::by_system)/>
                    <TimelineItem when="09-18 15:07" title=t(text::complained) tone=Tone::Alarm/>
                    <TimelineItem when="2025-12-30" title=t(text::transferred)/>
                </Timeline>
                <Tree name="gallery-tree" label=t(text::branch) nodes selected open/>
                <FileDrop name="gallery-file" node=NodeRef::new() hint=t(text::file_hint)/>
            </div>
        </Section>
    }
    .into_any()
}
