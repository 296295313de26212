//! The chart of a person: doses done, what is due, and the windows, as SVG.

use std::fmt::Write;

use calendar::Date;

use crate::{EvaluationStatus, GroupForecast, LegalClass, Report, SeriesStatus, page::escape};

const WIDTH: i32 = 1080;
const LEFT: i32 = 190;
const RIGHT: i32 = 250;
const TOP: i32 = 92;
const ROW: i32 = 34;

/// Draws a report. Years run along the top; each vaccine group has a row: what was given (a mark by its judgement),
/// the period offered (light), the standard period (dark), today's line.
pub fn svg(report: &Report) -> String {
    let rows = rows(report);
    let (from, until) = span(report);
    let height = TOP + ROW * i32::try_from(rows.len().max(1)).unwrap_or(1) + 64;
    let is_child = report.birth.everyday_age_on(report.assessment).is_some_and(|age| age < 18);
    let scale = Scale { from, until, is_child };
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{}\" font-family=\"'Noto Sans CJK JP','Noto Sans JP',\
         sans-serif\" font-size=\"13\" fill=\"#1d2430\"><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>",
        escape(&format!("予防接種の記録と予定 {}", report.name))
    );
    let _ = write!(
        out,
        "<text x=\"16\" y=\"28\" font-size=\"18\" font-weight=\"700\">{}</text><text x=\"16\" y=\"50\" \
         fill=\"#4a5566\">{}生 ・ {} 現在 ・ 知識 {} {}</text>",
        escape(if report.name.is_empty() { "予防接種の記録と予定" } else { &report.name }),
        report.birth.to_wareki(),
        report.assessment.to_wareki(),
        escape(&report.knowledge),
        escape(&report.version)
    );
    years(&mut out, report, scale, height);
    for (position, row) in rows.iter().enumerate() {
        let y = TOP + ROW * i32::try_from(position).unwrap_or(0);
        draw_row(&mut out, report, row, scale, y);
    }
    today(&mut out, report.assessment, scale, height);
    legend(&mut out, height);
    out.push_str("</svg>");
    out
}

/// A group's name, its forecast, its doses: (day, status, outside the programme).
struct Row<'a> {
    name: &'a str,
    forecast: Option<&'a GroupForecast>,
    doses: Vec<(Date, EvaluationStatus, bool)>,
}

fn rows(report: &Report) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for forecast in &report.forecasts {
        let given = report.doses.iter().any(|d| d.judgements.iter().any(|j| j.group == forecast.group));
        // What an adult will need is not drawn for a child.
        let near = forecast.earliest.is_some_and(|day| report.assessment.days_until(day) < 366 * 16);
        let shown = given || (forecast.status == SeriesStatus::NotComplete && near);
        let name = if forecast.group_ja.is_empty() { &forecast.group } else { &forecast.group_ja };
        if !shown || rows.iter().any(|row| row.name == name) {
            continue;
        }
        let mut doses = Vec::new();
        for dose in &report.doses {
            let said = dose.judgements.iter().filter(|j| j.group == forecast.group).map(|j| j.status);
            // One mark a dose: what stands against it prevails.
            let rank = |status: &EvaluationStatus| match status {
                EvaluationStatus::NotValid | EvaluationStatus::SubStandard => 0,
                EvaluationStatus::Valid => 1,
                EvaluationStatus::Extraneous => 2,
            };
            if let Some(status) = said.min_by_key(rank) {
                let outside = dose.legal.as_ref().is_some_and(|l| l.class == LegalClass::Voluntary);
                doses.push((dose.date, status, outside));
            }
        }
        rows.push(Row { name, forecast: Some(forecast), doses });
    }
    rows
}

/// From the birth (or, for an adult, the first dose or ten years back) until the last day that matters, within
/// sixteen years.
fn span(report: &Report) -> (Date, Date) {
    let assessment = report.assessment;
    let first_dose = report.doses.iter().map(|dose| dose.date).min().unwrap_or(assessment);
    let from = report.birth.max(first_dose.min(assessment.add_years(-10)).add_days(-90)).max(report.birth);
    let days = |f: &GroupForecast| [f.recommended, f.past_due, f.latest];
    let last =
        report.forecasts.iter().flat_map(days).flatten().filter(|day| *day < assessment.add_years(16)).max();
    let until = last.unwrap_or(assessment).max(assessment.add_years(1)).add_days(60);
    (from, until)
}

#[derive(Clone, Copy)]
struct Scale {
    from: Date,
    until: Date,
    /// Most happens in the first year: a child's time is drawn by its square root.
    is_child: bool,
}

impl Scale {
    fn x(self, day: Date) -> i32 {
        let all = self.from.days_until(self.until).max(1);
        let at = self.from.days_until(day).clamp(0, all);
        let bent = |days: i32| if self.is_child { f64::from(days + 30).sqrt() } else { f64::from(days) };
        let share = (bent(at) - bent(0)) / (bent(all) - bent(0)).max(1.0);
        LEFT + (share * f64::from(WIDTH - LEFT - RIGHT)) as i32
    }
}

fn years(out: &mut String, report: &Report, scale: Scale, height: i32) {
    let mut last = i32::MIN / 2;
    for year in scale.from.year()..=scale.until.year() {
        let Ok(first) = Date::new(year, 1, 1) else { continue };
        if first < scale.from || first > scale.until || scale.x(first) - last < 40 {
            continue;
        }
        last = scale.x(first);
        let x = scale.x(first);
        let age = report.birth.everyday_age_on(first).unwrap_or(0);
        let _ = write!(
            out,
            "<line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\" stroke=\"#e3e8ef\"/><text x=\"{x}\" y=\"{}\" \
             font-size=\"11\" fill=\"#4a5566\" text-anchor=\"middle\">{year}</text><text x=\"{x}\" y=\"{}\" \
             font-size=\"10\" fill=\"#6b7687\" text-anchor=\"middle\">{age}歳</text>",
            TOP - 8,
            height - 60,
            TOP - 22,
            TOP - 10
        );
    }
}

fn draw_row(out: &mut String, report: &Report, row: &Row<'_>, scale: Scale, y: i32) {
    let middle = y + ROW / 2;
    let _ = write!(
        out,
        "<line x1=\"16\" y1=\"{0}\" x2=\"{1}\" y2=\"{0}\" stroke=\"#eef2f7\"/><text x=\"16\" y=\"{2}\">{3}</text>",
        y + ROW,
        WIDTH - 16,
        middle + 5,
        escape(row.name)
    );
    if let Some(forecast) = row.forecast {
        bar(out, scale, forecast.earliest, forecast.latest, middle, 14, "#dbe9f6");
        bar(out, scale, forecast.recommended, forecast.past_due, middle, 8, "#6ea8d8");
        let (text, colour) = says(report, forecast);
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"{}\" font-size=\"12\" fill=\"{colour}\">{}</text>",
            WIDTH - RIGHT + 14,
            middle + 4,
            escape(&text)
        );
    }
    for (day, status, outside) in &row.doses {
        mark(out, scale.x(*day), middle, *status, *outside, *day);
    }
}

fn bar(
    out: &mut String,
    scale: Scale,
    from: Option<Date>,
    until: Option<Date>,
    middle: i32,
    thick: i32,
    fill: &str,
) {
    let Some(from) = from.filter(|from| *from <= scale.until) else { return };
    let until = until.unwrap_or(scale.until).min(scale.until);
    let (x, end) = (scale.x(from), scale.x(until));
    let _ = write!(
        out,
        "<rect x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{thick}\" rx=\"3\" fill=\"{fill}\"/>",
        middle - thick / 2,
        (end - x).max(3)
    );
}

fn says(report: &Report, forecast: &GroupForecast) -> (String, &'static str) {
    if forecast.status != SeriesStatus::NotComplete {
        let colour = if forecast.status == SeriesStatus::Complete { "#1f6f43" } else { "#6b7687" };
        return (forecast.status.ja().to_owned(), colour);
    }
    let day = forecast.recommended.map_or(String::new(), |day| day.to_string());
    let late = forecast.past_due.is_some_and(|past| past < report.assessment);
    if late {
        let latest = forecast.latest.map_or(String::new(), |day| format!("({day}まで)"));
        (format!("{} 標準の時期を過ぎた{latest}", forecast.label), "#a3341f")
    } else if forecast.is_due(report.assessment) {
        (format!("{} 今が時期", forecast.label), "#8a5a00")
    } else {
        (format!("{} {day} から", forecast.label), "#1d2430")
    }
}

/// A full disc counts; a ring counts but lies outside the programme; a cross does not count; a small disc is extra.
fn mark(out: &mut String, x: i32, y: i32, status: EvaluationStatus, outside: bool, day: Date) {
    let title = format!("{day} {}{}", status.ja(), if outside { "(定期接種の外)" } else { "" });
    let _ = write!(out, "<g><title>{}</title>", escape(&title));
    match (status, outside) {
        (EvaluationStatus::Valid, false) => {
            let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" fill=\"#1f6f43\"/>");
        }
        (EvaluationStatus::Valid, true) => {
            let _ = write!(
                out,
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"5\" fill=\"#fff\" stroke=\"#1f6f43\" stroke-width=\"3\"/>"
            );
        }
        (EvaluationStatus::Extraneous, _) => {
            let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" fill=\"#8b95a5\"/>");
        }
        _ => {
            let _ = write!(
                out,
                "<path d=\"M{} {}l10 10m0 -10l-10 10\" stroke=\"#a3341f\" stroke-width=\"3\"/>",
                x - 5,
                y - 5
            );
        }
    }
    out.push_str("</g>");
}

fn today(out: &mut String, day: Date, scale: Scale, height: i32) {
    let x = scale.x(day);
    let _ = write!(
        out,
        "<line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\" stroke=\"#8a5a00\" stroke-dasharray=\"4 3\"/><text \
         x=\"{x}\" y=\"{}\" font-size=\"11\" fill=\"#8a5a00\" text-anchor=\"middle\">今日</text>",
        TOP - 8,
        height - 58,
        height - 46
    );
}

fn legend(out: &mut String, height: i32) {
    let y = height - 24;
    mark_only(out, 24, y, EvaluationStatus::Valid, false);
    mark_only(out, 104, y, EvaluationStatus::Valid, true);
    mark_only(out, 264, y, EvaluationStatus::NotValid, false);
    mark_only(out, 344, y, EvaluationStatus::Extraneous, false);
    for (x, text) in [(36, "有効"), (116, "有効・定期接種の外"), (276, "無効"), (354, "余分")]
    {
        let _ = write!(out, "<text x=\"{x}\" y=\"{}\" font-size=\"12\">{text}</text>", y + 4);
    }
    let _ = write!(
        out,
        "<rect x=\"420\" y=\"{0}\" width=\"28\" height=\"14\" rx=\"3\" fill=\"#dbe9f6\"/><text x=\"454\" y=\"{1}\" \
         font-size=\"12\">受けられる期間</text><rect x=\"560\" y=\"{2}\" width=\"28\" height=\"8\" rx=\"3\" \
         fill=\"#6ea8d8\"/><text x=\"594\" y=\"{1}\" font-size=\"12\">標準の期間</text>",
        y - 7,
        y + 4,
        y - 4
    );
}

fn mark_only(out: &mut String, x: i32, y: i32, status: EvaluationStatus, outside: bool) {
    mark(out, x, y, status, outside, Date::MIN);
}
