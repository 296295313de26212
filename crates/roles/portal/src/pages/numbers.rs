//! The medical ID: whether there is one, what it means, and where it is sealed, changed and stopped.

use axum::extract::State;
use maud::html;
use wire::Csrf;
use wire::page::{Lang, Page, Tone, card, definitions, t, verdict};

use super::{Here, inside};
use crate::service::Service;

pub(super) async fn show(State(_): State<Service>, lang: Lang, csrf: Csrf, Here(visit): Here) -> Page {
    let body = html! {
        @if visit.bearer.code.is_some() {
            (verdict(
                Tone::Ok,
                t(lang, "使われています", "In use"),
                t(lang, "あなたが決めた範囲で、機関のあいだで記録を見せ合えます。", "Institutions may share your records as far as you decided."),
                html! { p { a href="/choices" { (t(lang, "何を決めているかを見る", "See what you have decided")) } } },
            ))
        } @else {
            (verdict(
                Tone::Info,
                t(lang, "使われていません", "Not in use"),
                t(lang, "まだ申し込んでいないか、とめたか、封印しています。", "You have not asked for one, or stopped it, or sealed it."),
                html! {
                    p { (t(lang,
                        "医療等IDがなければ、機関のあいだで、あなたの記録は見せ合えません。診療も、保険証としてのカードも、いままでどおり使えます。",
                        "Without one, institutions cannot share your records. Treatment, and your card as proof of insurance, go on as before.")) }
                },
            ))
        }
        (card(t(lang, "市町村の窓口でできること", "What you can do at the municipal counter"), html! {
            (definitions(&[
                (t(lang, "申し込む", "Ask for one"), html! { (t(lang, "申し込むまで、番号は作られません。", "No number is made until you ask.")) }),
                (t(lang, "封印する", "Seal it"), html! { (t(lang, "あなたが開けるまで、だれも使えません。何年でも続きます。決めごとは消えません。", "Nobody can use it until you open it again, for years if you wish. Your choices stay.")) }),
                (t(lang, "番号を変える", "Change it"), html! { (t(lang, "前の番号では、だれもあなたを見つけられなくなります。決めごとは、新しい番号でもう一度決めます。", "By the old number nobody finds you any more. Your choices are made anew under the new one.")) }),
                (t(lang, "使い分ける", "Keep parts apart"), html! { (t(lang, "病気や時期ごとに番号を分けると、窓口のほかは、同じ人だとわかりません。", "With a number for one illness or one time of life, nobody but the counter can tell that both are yours.")) }),
                (t(lang, "とめる", "Stop it"), html! { (t(lang, "とめた番号は、二度と使われません。", "A stopped number is never used again.")) }),
            ]))
            p.fine { (t(lang,
                "この画面からは変えられません。番号を作り、とめるのは付番機関で、カードをもって窓口に来た本人だけができます。どれも、すぐに、すべての機関で効きます。",
                "It cannot be changed from this page: the issuer makes and stops numbers, for the person who comes to the counter with the card. Each takes effect at once, everywhere.")) }
        }))
    };
    inside(lang, &csrf, &visit, t(lang, "医療等ID", "Medical ID"), "/number", body)
}
