//! A family's plan on one page, as HTML without anything from elsewhere.

use std::{collections::BTreeMap, fmt::Write};

use calendar::Date;

use crate::plan::Visit;

/// A member of a family with the visits to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The name.
    pub name: String,
    /// Day of birth.
    pub birth: Date,
    /// The visits.
    pub visits: Vec<Visit>,
}

/// The page: a row a day, a column a member.
pub fn family(title: &str, made: Date, members: &[Member]) -> String {
    let mut rows: BTreeMap<Date, Vec<Option<&Visit>>> = BTreeMap::new();
    for (column, member) in members.iter().enumerate() {
        for visit in &member.visits {
            let row = rows.entry(visit.date).or_insert_with(|| vec![None; members.len()]);
            if let Some(cell) = row.get_mut(column) {
                *cell = Some(visit);
            }
        }
    }
    let mut page = String::new();
    let title = escape(title);
    let _ = write!(
        page,
        "<!doctype html><html lang=\"ja\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         </head><body><main><h1>{title}</h1><p>{} 現在 / as of {made}</p><table><thead><tr><th scope=\"col\">日 / \
         Day</th>",
        made.to_wareki()
    );
    for member in members {
        let _ = write!(
            page,
            "<th scope=\"col\">{}<br><small>{}生</small></th>",
            escape(&member.name),
            member.birth.to_wareki()
        );
    }
    page.push_str("</tr></thead><tbody>");
    for (day, cells) in &rows {
        let _ = write!(page, "<tr><th scope=\"row\">{day}({})</th>", day.weekday_ja());
        for cell in cells {
            page.push_str("<td>");
            for dose in cell.iter().flat_map(|visit| &visit.doses) {
                let name = if dose.group_ja.is_empty() { &dose.group } else { &dose.group_ja };
                let late = if dose.late { " <strong>遅れ</strong>" } else { "" };
                let _ = write!(page, "<div>{} {}{late}", escape(name), escape(&dose.label));
                if let Some(latest) = dose.latest {
                    let _ = write!(page, " <small>{latest} まで</small>");
                }
                page.push_str("</div>");
            }
            page.push_str("</td>");
        }
        page.push_str("</tr>");
    }
    if rows.is_empty() {
        let _ = write!(page, "<tr><td colspan=\"{}\">予定はありません</td></tr>", members.len() + 1);
    }
    page.push_str(
        "</tbody></table><p><small>計画は目安です。当日の体調と医師の判断によります。同じ日の接種は医師が必要と認めた場合に行います。\
         </small></p></main></body></html>",
    );
    page
}

/// Text for HTML and SVG.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

const STYLE: &str = "body{font:14px/1.5 'Noto Sans CJK JP','Noto Sans JP',sans-serif;color:#1d2430;margin:24px}\
    h1{font-size:20px}table{border-collapse:collapse;width:100%}th,td{border:1px solid #c9d1dc;padding:4px 8px;\
    text-align:left;vertical-align:top}thead th{background:#eef2f7}small{color:#4a5566}strong{color:#a3341f}\
    @media print{body{margin:0}}";
