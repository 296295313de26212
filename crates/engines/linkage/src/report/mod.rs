//! What was found, as one HTML page without scripts: weights, thresholds, clusters, what cannot be linked, and decisions near
//! the border with their waterfalls.

mod charts;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    error::LinkError,
    evaluate::{self, Quality},
    explain::{Explainer, Waterfall},
    link::Linkage,
    registry::{Beside, Outcome},
};

/// The page, in Japanese and English; with the registry's rule where it was applied.
///
/// # Errors
/// When the model is not of the configuration.
pub fn html(linkage: &Linkage, title: &str, registry: Option<&Beside>) -> Result<String, LinkError> {
    let mut explainer = Explainer::new(linkage)?;
    let page = html! {
        (DOCTYPE)
        html lang="ja" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "名寄せ報告 – " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "名寄せ報告 " span.en { "Linkage report" } }
                p { (title) }
                (summary(linkage))
                (quality(linkage))
                (weights(linkage))
                (rules(linkage))
                (distribution(linkage))
                (clusters(linkage))
                @if let Some(beside) = registry { (registry_rule(beside)) }
                (unlinkable(linkage, &mut explainer))
                (decisions(linkage, &mut explainer))
            }
        }
    };
    Ok(page.into_string())
}

fn heading(ja: &str, en: &str) -> Markup {
    html! { h2 { (ja) " " span.en { (en) } } }
}

fn summary(linkage: &Linkage) -> Markup {
    let entities: std::collections::HashSet<&u32> = linkage.entities.iter().collect();
    let rows = [
        ("レコード", "records", linkage.table.len().to_string()),
        ("比べた組", "pairs compared", linkage.outcomes.iter().map(|o| o.pairs).sum::<u64>().to_string()),
        ("同一と決めた組", "links", linkage.links.len().to_string()),
        ("人（実体）", "entities", entities.len().to_string()),
        (
            "同一とする確率の下限",
            "probability of a link, at least",
            format!("{:.4}", linkage.probability(linkage.threshold)),
        ),
        ("人が見る組", "pairs for review", linkage.bands.review.to_string()),
        (
            "人が見る範囲（ビット）",
            "review band, bits",
            format!(
                "{:.1} … {:.1}",
                linkage.bands.review_from + linkage.prior,
                linkage.bands.link_from + linkage.prior
            ),
        ),
        ("真の組の割合（推定）", "share of true pairs, estimated", format!("{:.3e}", linkage.model.prior)),
    ];
    html! {
        table {
            @for (ja, en, value) in rows { tr { th { (ja) " " span.en { (en) } } td.number { (value) } } }
        }
    }
}

fn quality(linkage: &Linkage) -> Markup {
    if !linkage.table.knows_truth() {
        return html! {};
    }
    let row = |name: &str, q: Quality| {
        html! { tr { th { (name) } td.number { (format!("{:.4}", q.precision)) } td.number { (format!("{:.4}", q.recall)) }
        td.number { (format!("{:.4}", q.f1)) } td.number { (q.right) } td.number { (q.wrong) } td.number { (q.missed) } } }
    };
    let curve = evaluate::by_threshold(&linkage.table, &linkage.pairs, linkage.prior, 200);
    html! {
        (heading("正解との比較", "Against the truth"))
        table {
            tr { th {} th { "適合率 precision" } th { "再現率 recall" } th { "F1" } th { "正 right" } th { "誤 wrong" } th { "漏れ missed" } }
            (row("実体 entities", evaluate::of_entities(&linkage.table, &linkage.entities)))
            (row("組 links", evaluate::of_pairs(&linkage.table, linkage.links.iter())))
        }
        (charts::precision_recall(&curve, linkage.threshold + linkage.prior))
    }
}

fn weights(linkage: &Linkage) -> Markup {
    html! {
        (heading("一致の重み", "Match weights"))
        p { "同じ人の組での割合 m と、偶然の割合 u の比の対数（ビット）。" span.en { "Logarithm of m (pairs of one person) over u (chance), in bits." } }
        (charts::match_weights(&linkage.model))
        @if !linkage.model.relatives.is_empty() {
            p { "似ているが別人の組（偶然の組1つあたり）：" span.en { "Relatives for each pair of strangers: " }
                @for class in &linkage.model.relatives { (class.name) " " (format!("{:.1e}", class.ratio)) "; " } }
        }
    }
}

fn rules(linkage: &Linkage) -> Markup {
    html! {
        (heading("候補を作る規則", "Blocking rules"))
        table {
            tr { th { "規則 rule" } th { "予測 predicted" } th { "新しい組 new pairs" } th { "大きすぎて外した組 left out" } }
            @for (rule, outcome) in linkage.rules.iter().zip(&linkage.outcomes) {
                tr { td { code { (rule.text) } } td.number { (format!("{:.0}", rule.predicted)) }
                    td.number { (outcome.pairs) } td.number { (outcome.left_out) } }
            }
        }
    }
}

/// What the registry's rule says about the same pairs.
fn registry_rule(beside: &Beside) -> Markup {
    let name = |outcome: Outcome| match outcome {
        Outcome::Same => "自動同一 same",
        Outcome::Review => "人が判断 review",
        Outcome::Different => "自動非同一 different",
        Outcome::NoCandidate => "候補外 no candidate",
    };
    let row = |name: &str, q: Option<Quality>| {
        html! { @if let Some(q) = q { tr { th { (name) } td.number { (format!("{:.4}", q.precision)) }
        td.number { (format!("{:.4}", q.recall)) } td.number { (format!("{:.4}", q.f1)) } } } }
    };
    html! {
        (heading("全国がん登録の規則との比較", "Beside the registry's rule"))
        table {
            tr { th { "登録の規則 registry" } th { "本方式 ours" } th { "組 pairs" } th { "うち正 right" } }
            @for cell in &beside.counts {
                tr { td { (name(cell.registry)) } td { (if cell.link { "同一 link" } else { "別 no link" }) }
                    td.number { (cell.pairs) } td.number { (cell.right) } }
            }
        }
        table {
            tr { th {} th { "適合率 precision" } th { "再現率 recall" } th { "F1" } }
            (row("登録の規則、自動のみ registry, automatic", beside.automatic))
            (row("登録の規則＋正しい人手 registry with faultless review", beside.with_humans))
            (row("本方式 ours", beside.ours))
        }
    }
}

fn distribution(linkage: &Linkage) -> Markup {
    let weights: Vec<f32> = linkage.pairs.iter().map(|pair| pair.weight + linkage.prior).collect();
    html! {
        (heading("組の重みの分布", "Pairs by weight"))
        (charts::histogram(&weights, linkage.threshold + linkage.prior))
    }
}

fn clusters(linkage: &Linkage) -> Markup {
    let mut sizes = std::collections::HashMap::<u32, u64>::new();
    for entity in &linkage.entities {
        *sizes.entry(*entity).or_default() += 1;
    }
    let mut counts = std::collections::BTreeMap::<u64, u64>::new();
    for size in sizes.into_values() {
        *counts.entry(size).or_default() += 1;
    }
    html! {
        (heading("一人あたりのレコード数", "Records of one entity"))
        table {
            tr { th { "レコード records" } th { "人 entities" } }
            @for (size, count) in &counts { tr { td.number { (size) } td.number { (count) } } }
        }
    }
}

/// Records that say too little: even a record equal to them would not be linked.
fn unlinkable(linkage: &Linkage, explainer: &mut Explainer<'_>) -> Markup {
    let step = (linkage.table.len() / 20_000).max(1);
    let best: Vec<f32> =
        (0..linkage.table.len() as u32).step_by(step).map(|record| explainer.best_possible(record)).collect();
    let threshold = linkage.threshold + linkage.prior;
    let lost = best.iter().filter(|weight| **weight < threshold).count();
    html! {
        (heading("同定できないレコード", "Unlinkables"))
        p { (format!("{:.2} %", 100.0 * lost as f64 / best.len().max(1) as f64))
            " のレコードは、同じ内容のレコードと比べても下限に届かない。"
            span.en { "of the records would not reach the threshold even beside an equal record." } }
        (charts::histogram(&best, threshold))
    }
}

fn decisions(linkage: &Linkage, explainer: &mut Explainer<'_>) -> Markup {
    let mut near: Vec<_> = linkage.pairs.iter().collect();
    let distance = |weight: f32| (weight - linkage.threshold).abs();
    near.sort_by(|x, y| distance(x.weight).total_cmp(&distance(y.weight)).then((x.a, x.b).cmp(&(y.a, y.b))));
    html! {
        (heading("境界に近い組", "Decisions near the border"))
        @for pair in near.into_iter().take(NEAR) { (waterfall(&explainer.waterfall(pair.a, pair.b))) }
    }
}

const NEAR: usize = 12;

fn waterfall(w: &Waterfall) -> Markup {
    html! {
        details open[w.probability > 0.5] {
            summary { (w.a) " – " (w.b) ": " (format!("{:.1} bits, p = {:.3}, {:?}", w.total, w.probability, w.decision)) }
            (charts::waterfall(w))
            table {
                tr { th { "比較" } th { "値" } th { "段階" } th { "ビット bits" } th { "稀さ rarity" } }
                @for step in &w.steps {
                    tr { td { (step.comparison) } td { (step.values[0]) br; (step.values[1]) } td { code { (step.level) } }
                        td.number { (format!("{:+.1}", step.bits)) } td.number { (format!("{:+.1}", step.rarity)) } }
                }
            }
        }
    }
}

const STYLE: &str = "body{font-family:system-ui,'Noto Sans JP',sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b;line-height:1.6}\
h1,h2{line-height:1.3}h2{margin-top:2.5rem;border-bottom:1px solid #ccc}.en{color:#595959;font-size:.85em;font-weight:normal}\
table{border-collapse:collapse;margin:.5rem 0}th,td{border:1px solid #ddd;padding:.25rem .6rem;text-align:left;vertical-align:top}\
.number{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto;display:block;margin:.5rem 0}\
details{margin:.5rem 0;border:1px solid #ddd;padding:.4rem .8rem}summary{cursor:pointer}code{font-size:.9em}svg text{font-size:12px;fill:#1b1b1b}";
