//! Every piece that pages are made of, on two pages: look at them after any change of the style sheet.
//!
//! `cargo run -p musubi-wire --example gallery -- 127.0.0.1:8090`

use axum::Router;
use axum::routing::get;
use codes::OrgKind;
use maud::{Markup, html};
use musubi_wire::page::{
    Choice, Entry, Field, Tile, Tone, badge, button, button_quiet, card, card_with, columns, dates,
    definitions, details, empty_state, form, form_get, live, notice, pager, problem_notice, select, stat,
    stats, tiles, timeline, verdict,
};
use musubi_wire::page::{Page, Table};
use musubi_wire::{Csrf, Desk, Lang, Problem, Server, Shutdown, Vhosts, role_router, t};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let site = Router::new()
        .route("/", get(desk))
        .route("/members", get(members))
        .route("/broken", get(async || -> Problem { Problem::internal() }));
    let router = Vhosts::new(role_router("gallery", Desk::open().protect(site))).into_router();
    let server = Server::bind(&address).await?;
    println!("http://{}/", server.local_addr());
    server.serve(router, None, Shutdown::new()).await;
    Ok(())
}

async fn desk(lang: Lang, csrf: Csrf) -> Page {
    let answer = verdict(
        Tone::Ok,
        t(lang, "有効", "Valid"),
        t(lang, "今日の受診に使えます。窓口負担は3割です。", "May be used today. The patient pays 30 %."),
        definitions(&[
            (t(lang, "氏名", "Name"), html! { "髙橋 さくら" }),
            (t(lang, "生年月日", "Date of birth"), dates("平成13年3月27日", "2001-03-27")),
            (t(lang, "保険者", "Insurer"), html! { "協会けんぽ 東京支部（01130012）" }),
            (t(lang, "記号・番号・枝番", "Symbol, number, branch"), html! { "２１０３・１２３４５６・０１" }),
            (t(lang, "資格取得日", "Insured since"), dates("令和6年4月1日", "2024-04-01")),
        ]),
    );
    let negative = verdict(
        Tone::Bad,
        t(lang, "資格なし", "Not insured"),
        t(lang, "2026年10月31日に資格を失っています。", "Membership ended on 2026-10-31."),
        html! {
            p { (t(lang, "この保険者が最後に報告したのは昨日です。転職直後の方は、新しい勤務先の報告がまだ届いていないことがあります。", "This insurer last reported yesterday. After a change of job the new report may still be on its way.")) }
            p { strong { (t(lang, "次にできること: ", "What you can do: ")) } (t(lang, "資格確認書をお持ちか尋ね、なければ10割で会計し、後日精算をご案内ください。", "Ask for a paper confirmation; without it, charge in full and explain later settlement.")) }
        },
    );
    let tray = form(
        "/",
        &csrf,
        tiles(&[
            tile("タカハシ サクラ", "髙橋 さくら", "平成13年3月27日"),
            tile("ワタナベ ケン", "渡邉 健", "昭和24年11月3日"),
            tile("オスマン アイシャ", "OSMAN AISHA", "令和2年2月29日"),
        ]),
    );
    Page::new(lang, t(lang, "受付", "Reception"))
        .organisation(t(lang, "みなみ台総合病院", "Minamidai General Hospital"), OrgKind::Institution)
        .nav([("/", t(lang, "受付", "Reception")), ("/members", t(lang, "今日の来院", "Today's visits")), ("/broken", t(lang, "設定", "Settings"))])
        .at("/")
        .csrf(&csrf)
        .lead(t(lang, "カードをかざすと、加入している保険がすぐに分かります。", "Tap a card to see how its holder is insured."))
        .body(html! {
            (card_with(t(lang, "カードトレイ", "Tray"), badge(Tone::Info, t(lang, "読取り待ち", "Waiting")), tray))
            (answer)
            (negative)
            (columns(&[search(lang), history(lang)]))
        })
}

async fn members(lang: Lang, csrf: Csrf) -> Page {
    let numbers = stats(&[
        stat("12,480", t(lang, "人", ""), t(lang, "加入者", "Members"), ""),
        stat(
            "37",
            t(lang, "件", ""),
            t(lang, "今日の異動", "Changes today"),
            t(lang, "取得 21・喪失 16", "21 gained, 16 lost"),
        ),
        stat(
            "4",
            t(lang, "件", ""),
            t(lang, "確認待ち", "To be looked at"),
            t(lang, "最も古いもの 2日", "oldest: 2 days"),
        ),
    ]);
    let table = Table::new(t(lang, "重複の疑いがある加入者", "Members with overlapping membership"))
        .column(t(lang, "氏名", "Name"))
        .column(t(lang, "生年月日", "Date of birth"))
        .column(t(lang, "状態", "State"))
        .number(t(lang, "重複日数", "Days"))
        .rows([
            row(
                "渡邉 健",
                ("昭和24年11月3日", "1949-11-03"),
                badge(Tone::Warn, t(lang, "重複", "Overlap")),
                "31",
            ),
            row(
                "髙橋 さくら",
                ("平成13年3月27日", "2001-03-27"),
                badge(Tone::Ok, t(lang, "解消", "Settled")),
                "0",
            ),
            row(
                "﨑山 龍之介",
                ("令和2年2月29日", "2020-02-29"),
                badge(Tone::Bad, t(lang, "不一致", "Mismatch")),
                "412",
            ),
        ]);
    let problem = Problem::new(422, "bad-check-digit")
        .ja("保険者番号の検証番号が合いません")
        .en("The insurer number's check digit is wrong")
        .detail("最後の桁は 2 であるはずです", "The last digit should be 2")
        .at("3 行目・保険者番号");
    let kinds = [
        Choice { value: "a".into(), label: t(lang, "本人", "Insured person").into() },
        Choice { value: "b".into(), label: t(lang, "被扶養者", "Dependant").into() },
    ];
    Page::new(lang, t(lang, "加入者の異動", "Changes of membership"))
        .organisation(t(lang, "東都健康保険組合", "Toto Health Insurance Society"), OrgKind::Insurer)
        .nav([("/", t(lang, "受付", "Reception")), ("/members", t(lang, "加入者", "Members"))])
        .at("/members")
        .body(html! {
            (numbers)
            (problem_notice(lang, &problem))
            (card(t(lang, "確認待ち", "To be looked at"), html! { (table.render()) (pager(lang, None, "1 / 3", Some("/members?page=2"))) }))
            (columns(&[
                card(t(lang, "資格の取得を届ける", "Report a new member"), form("/members", &csrf, html! {
                    (Field::text("name", t(lang, "氏名", "Name")).required().value("渡邉 健").render(lang))
                    (Field::digits("insurer", t(lang, "保険者番号", "Insurer number"), 8).hint(t(lang, "8桁、または国保は6桁", "8 digits, 6 for municipal insurance")).error(Some(t(lang, "最後の桁は 2 であるはずです", "The last digit should be 2").into())).value("01130013").render(lang))
                    (select(lang, "relation", t(lang, "続柄", "Relation"), &kinds, "b"))
                    (button(t(lang, "届ける", "Report")))
                })),
                html! {
                    (live("changes", "/members", 600, notice(Tone::Ok, t(lang, "ファイルを受け付けました", "The file was accepted"), html! { p { "1,204 " (t(lang, "件をすべて登録しました。", "entries, all stored.")) } })))
                    (notice(Tone::Info, t(lang, "夜間の報告は 22 時に始まります", "The nightly report starts at 22:00"), html! {}))
                    (empty_state(t(lang, "取消しはありません", "No cancellations"), t(lang, "取り消された届出はここに並びます。", "Cancelled reports are listed here."), html! {}))
                    (details(t(lang, "この画面について", "About this page"), html! { p { (t(lang, "重複は毎朝6時に調べ直されます。", "Overlaps are searched again every morning at six.")) } }))
                },
            ]))
        })
}

fn search(lang: Lang) -> Markup {
    card(
        t(lang, "カードを忘れた方", "Without a card"),
        form_get(
            "/",
            html! {
                (Field::text("q", t(lang, "記号・番号", "Symbol and number")).scan().hint(t(lang, "資格確認書の番号を入れてください", "As on the paper confirmation")).render(lang))
                (button(t(lang, "さがす", "Search")))
                (button_quiet(t(lang, "消す", "Clear"), "clear", "1"))
            },
        ),
    )
}

fn history(lang: Lang) -> Markup {
    let entry = |when: &str, title: &str, tone| Entry {
        when: when.into(),
        datetime: "2026-11-22T09:14:00+09:00".into(),
        title: title.into(),
        tone,
        body: html! { p.fine { (t(lang, "顔認証・3番窓口", "Face check, desk 3")) } },
    };
    card(
        t(lang, "この方の記録", "History"),
        timeline(&[
            entry("9:14", t(lang, "資格確認 有効", "Checked: valid"), Some(Tone::Ok)),
            entry("10月3日", t(lang, "保険が変わりました", "Insurer changed"), Some(Tone::Warn)),
            entry("8月20日", t(lang, "初めての来院", "First visit"), None),
        ]),
    )
}

fn tile(kana: &str, name: &str, born: &str) -> Tile {
    Tile {
        title: name.into(),
        over: kana.into(),
        under: born.into(),
        href: None,
        value: name.into(),
        kind: String::new(),
    }
}

fn row(name: &str, born: (&str, &str), state: Markup, days: &str) -> [Markup; 4] {
    [html! { (name) }, dates(born.0, born.1), state, html! { (days) }]
}
