//! Charts as SVG.

use maud::{Markup, html};

use crate::{evaluate::Quality, explain::Waterfall, model::Model};

const WIDTH: f32 = 900.0;
/// Where bars have room for their labels on the left.
const LABELS: f32 = 420.0;
const ROW: f32 = 18.0;
const AGREES: &str = "#1a7f4b";
const DIFFERS: &str = "#b3372f";
const NEUTRAL: &str = "#34629c";

/// A bar for each level: to the right what speaks for one person, to the left what speaks against.
pub fn match_weights(model: &Model) -> Markup {
    let mut rows: Vec<(String, String, f32)> = Vec::new();
    for comparison in &model.comparisons {
        for level in &comparison.levels {
            let tail = format!("m {:.4}  u {:.2e}", level.m, level.u);
            rows.push((
                format!("{}: {}", comparison.name, level.when),
                tail,
                (level.m / level.u).log2() as f32,
            ));
        }
    }
    bars(&rows, "match weights")
}

/// The sum of a pair's weights, step by step from the prior.
pub fn waterfall(w: &Waterfall) -> Markup {
    let mut rows = vec![("prior".to_owned(), w.prior)];
    for step in &w.steps {
        rows.push((step.comparison.clone(), step.bits + step.rarity));
    }
    if w.relatives < -0.05 {
        rows.push(("relatives 似た別人".to_owned(), w.relatives));
    }
    let mut at = 0.0;
    let spans: Vec<(String, f32, f32)> = rows
        .into_iter()
        .map(|(name, bits)| {
            let from = at;
            at += bits;
            (name, from, at)
        })
        .chain([("=".to_owned(), 0.0, w.total)])
        .collect();
    let least = spans.iter().map(|s| s.1.min(s.2)).fold(0.0, f32::min);
    let most = spans.iter().map(|s| s.1.max(s.2)).fold(0.0, f32::max);
    let x = |bits: f32| 150.0 + (bits - least) / (most - least).max(1.0) * (WIDTH - 220.0);
    let height = spans.len() as f32 * ROW + 8.0;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label={ "waterfall, sum " (one(w.total)) " bits" } {
            line x1=(x(0.0)) x2=(x(0.0)) y1="0" y2=(height) stroke="#777" {}
            @for (row, (name, from, to)) in spans.iter().enumerate() {
                @let y = row as f32 * ROW + 2.0;
                text x="0" y=(y + 12.0) { (name) }
                rect x=(x(from.min(*to))) y=(y) width=((x(*to) - x(*from)).abs().max(1.0)) height=(ROW - 4.0)
                    fill=(if to >= from { AGREES } else { DIFFERS }) {}
                text x=(x(from.max(*to)) + 4.0) y=(y + 12.0) { (signed(to - from)) }
            }
        }
    }
}

/// Counts by weight; the threshold as a line.
pub fn histogram(weights: &[f32], threshold: f32) -> Markup {
    const BINS: usize = 60;
    let least = weights.iter().copied().fold(threshold, f32::min).floor();
    let most = weights.iter().copied().fold(threshold + 1.0, f32::max).ceil();
    let span = (most - least).max(1.0);
    let mut counts = [0_u64; BINS];
    for weight in weights {
        let bin = ((weight - least) / span * BINS as f32) as usize;
        if let Some(count) = counts.get_mut(bin.min(BINS - 1)) {
            *count += 1;
        }
    }
    let top = counts.iter().copied().max().unwrap_or(1).max(1) as f32;
    let x = |weight: f32| 40.0 + (weight - least) / span * (WIDTH - 60.0);
    let width = (WIDTH - 60.0) / BINS as f32;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " 220" } role="img" aria-label="histogram of weights in bits" {
            @for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                @let height = (*count as f32).sqrt() / top.sqrt() * 170.0;
                rect x=(40.0 + bin as f32 * width) y=(190.0 - height) width=(width - 1.0) height=(height) fill=(NEUTRAL) {
                    title { (count) }
                }
            }
            line x1=(x(threshold)) x2=(x(threshold)) y1="10" y2="195" stroke=(DIFFERS) stroke-width="2" {}
            text x=(x(threshold) + 4.0) y="20" { "下限 threshold " (one(threshold)) }
            (axis(least, most, &x, 205.0))
            text x="0" y="20" { "√n" }
        }
    }
}

/// Precision, recall and F1 by threshold.
pub fn precision_recall(curve: &[(f32, Quality)], threshold: f32) -> Markup {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return html! {} };
    let (least, most) = (last.0.min(threshold).floor(), first.0.max(threshold + 1.0).ceil());
    let x = |weight: f32| 40.0 + (weight - least) / (most - least).max(1.0) * (WIDTH - 160.0);
    let y = |share: f64| 200.0 - share * 180.0;
    let line = |value: fn(&Quality) -> f64| {
        let points: Vec<String> =
            curve.iter().map(|(w, q)| format!("{:.1},{:.1}", x(*w), y(value(q)))).collect();
        points.join(" ")
    };
    html! {
        svg viewBox={ "0 0 " (WIDTH) " 235" } role="img" aria-label="precision, recall and F1 by threshold" {
            @for share in [0.0, 0.5, 0.9, 1.0] {
                line x1="40" x2=(WIDTH - 120.0) y1=(y(share)) y2=(y(share)) stroke="#ddd" {}
                text x="0" y=(y(share) + 4.0) { (share) }
            }
            polyline points=(line(|q| q.precision)) fill="none" stroke=(NEUTRAL) stroke-width="2" {}
            polyline points=(line(|q| q.recall)) fill="none" stroke=(AGREES) stroke-width="2" {}
            polyline points=(line(|q| q.f1)) fill="none" stroke="#1b1b1b" stroke-width="2" stroke-dasharray="6 3" {}
            line x1=(x(threshold)) x2=(x(threshold)) y1="10" y2="200" stroke=(DIFFERS) stroke-width="2" {}
            (axis(least, most, &x, 216.0))
            @for (row, (color, name)) in [(NEUTRAL, "適合率 precision"), (AGREES, "再現率 recall"), ("#1b1b1b", "F1")].iter().enumerate() {
                rect x=(WIDTH - 112.0) y=(20.0 + row as f32 * 20.0) width="12" height="12" fill=(color) {}
                text x=(WIDTH - 95.0) y=(31.0 + row as f32 * 20.0) { (name) }
            }
        }
    }
}

fn bars(rows: &[(String, String, f32)], label: &str) -> Markup {
    let most = rows.iter().map(|row| row.2.abs()).fold(1.0, f32::max);
    let middle = LABELS + (WIDTH - LABELS - 215.0) * 0.35;
    let scale = (WIDTH - 215.0 - middle).min((middle - LABELS) * 2.0) / most;
    let height = rows.len() as f32 * ROW + 8.0;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(label) {
            line x1=(middle) x2=(middle) y1="0" y2=(height) stroke="#777" {}
            @for (row, (name, tail, bits)) in rows.iter().enumerate() {
                @let y = row as f32 * ROW + 2.0;
                @let width = (bits.abs() * scale).min(if *bits < 0.0 { middle - LABELS } else { f32::MAX });
                text x="0" y=(y + 12.0) { (short(name)) title { (name) } }
                rect x=(if *bits < 0.0 { middle - width } else { middle }) y=(y) width=(width) height=(ROW - 4.0)
                    fill=(if *bits < 0.0 { DIFFERS } else { AGREES }) {}
                text x=(middle + width.max(0.0) * f32::from(u8::from(*bits > 0.0)) + 4.0) y=(y + 12.0) { (signed(*bits)) }
                text x=(WIDTH - 150.0) y=(y + 12.0) { (tail) }
            }
        }
    }
}

fn axis(least: f32, most: f32, x: &dyn Fn(f32) -> f32, y: f32) -> Markup {
    let step =
        [1.0, 2.0, 5.0, 10.0, 20.0, 50.0].into_iter().find(|s| (most - least) / s <= 14.0).unwrap_or(100.0);
    let first = (least / step).ceil();
    let count = ((most / step).floor() - first).max(0.0) as usize;
    html! {
        @for tick in 0..=count {
            @let value = (first + tick as f32) * step;
            text x=(x(value)) y=(y) text-anchor="middle" { (value) }
        }
    }
}

fn short(name: &str) -> String {
    if name.chars().count() <= 62 { name.to_owned() } else { name.chars().take(61).chain(['…']).collect() }
}

fn one(value: f32) -> String {
    format!("{value:.1}")
}

fn signed(value: f32) -> String {
    format!("{value:+.1}")
}
