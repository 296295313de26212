//! The mark at each entry: whether it stands in the log, under the head that the overseer cosigned. The portal's own finding
//! is written into the page; the browser's script then finds for itself and says so.

use calendar::Timestamp;
use data_encoding::BASE64;
use maud::{Markup, PreEscaped, html};
use protocol::inclusion::HeadProblem;
use serde_json::{Value, json};
use wire::page::{Lang, Tone, badge, notice, t, when};

use crate::service::looked::{Event, Log, Looked, Proven};

/// Collects the proofs of what a page shows, and gives each entry its mark.
pub(super) struct Marks<'a> {
    looked: &'a Looked,
    lang: Lang,
    entries: Vec<Value>,
}

impl<'a> Marks<'a> {
    pub(super) fn new(looked: &'a Looked, lang: Lang) -> Self {
        Self { looked, lang, entries: Vec::new() }
    }

    /// The mark of one entry.
    pub(super) fn mark(&mut self, event: &Event) -> Markup {
        let (log, proven) = self.looked.proven(event);
        let proof = event.proof();
        let place = self.entries.len();
        // What is not what its leaf says is wrong whatever the path says.
        let path = (proven != Proven::Not).then_some(&proof.path);
        self.entries.push(json!([log, proof.index, proof.hash, proof.size, path]));
        html! { span.proof data-proof=(place) { (found(self.lang, proven)) } }
    }

    /// What the script reads: no script itself, so that the policy lets it stand.
    pub(super) fn block(self) -> Markup {
        let heads: Vec<Value> = self.looked.logs.iter().map(head).collect();
        let data = json!({ "heads": heads, "entries": self.entries }).to_string();
        let mark = |id: &str, tone: Tone, words: &str| {
            html! { template id=(id) { (badge(tone, words)) } }
        };
        let lang = self.lang;
        html! {
            (mark("mark-cosigned", Tone::Ok, t(lang, "この端末で確かめました・監督機関の署名あり", "verified on this device, signed by the overseer")))
            (mark("mark-signed", Tone::Info, t(lang, "この端末で確かめました・監督機関の署名はまだ", "verified on this device, not yet signed by the overseer")))
            (mark("mark-not", Tone::Bad, t(lang, "確かめられません。台帳と合いません", "not verified: it does not fit the log")))
            script type="application/json" id="proofs" { (PreEscaped(data.replace('<', "\\u003c"))) }
        }
    }
}

/// What is believed of the logs, above the list: nothing where all is well but for a line.
pub(super) fn summary(lang: Lang, looked: &Looked) -> Markup {
    let cosigned: Vec<Timestamp> = looked
        .logs
        .iter()
        .filter_map(|log| log.open.as_ref().ok()?.cosigned.as_ref().map(|(_, at)| *at))
        .collect();
    let since = cosigned.iter().min().filter(|_| cosigned.len() == looked.logs.len());
    html! {
        @for log in &looked.logs { @if let Err(problem) = &log.open { (broken(lang, *problem)) } }
        p.fine.proofs-summary aria-live="polite" data-all=(t(lang, "この画面の記録を、この端末がすべて台帳と照らして確かめました。", "This device has checked everything on this page against the logs."))
            data-some=(t(lang, "台帳と合わない記録があります。赤い印のところを見てください。", "Something on this page does not fit the logs: look for the red marks.")) {
            @match since {
                Some(at) => (t(lang, format!("監督機関が最後に台帳に署名した時刻: {}", when(lang, *at)), format!("The overseer last signed the logs {}", when(lang, *at)))),
                None if looked.logs.is_empty() => "",
                None => (t(lang, "監督機関の署名は、まだありません。", "The overseer has not signed yet.")),
            }
            " " span.proofs-done {}
        }
    }
}

fn broken(lang: Lang, problem: HeadProblem) -> Markup {
    let words = match problem {
        HeadProblem::NotSigned => t(lang, "台帳の署名が確かめられません", "The log's signature does not fit"),
        HeadProblem::Forked => t(
            lang,
            "台帳が、前に見たもの・監督機関が見たものと合いません",
            "The log is not the one that was seen before",
        ),
    };
    notice(
        Tone::Bad,
        words,
        html! {
            p { (t(lang,
                "記録が書きかえられたか、消された疑いがあります。下の一覧をそのまま信じないでください。監督機関にも知らせてください。",
                "Something may have been rewritten or removed. Do not take the list below as it is, and tell the overseer.")) }
            p { a href="/objections/new" { (t(lang, "監督機関に知らせる", "Tell the overseer")) } }
        },
    )
}

fn found(lang: Lang, proven: Proven) -> Markup {
    match proven {
        Proven::Cosigned => badge(
            Tone::Ok,
            t(
                lang,
                "ポータルが確かめました・監督機関の署名あり",
                "verified by the portal, signed by the overseer",
            ),
        ),
        Proven::Signed => badge(
            Tone::Info,
            t(
                lang,
                "ポータルが確かめました・監督機関の署名はまだ",
                "verified by the portal, not yet signed by the overseer",
            ),
        ),
        Proven::Not => badge(
            Tone::Bad,
            t(lang, "確かめられません。台帳と合いません", "not verified: it does not fit the log"),
        ),
    }
}

/// The believed heads of a log for the script: size, root, and whether the overseer cosigned it.
fn head(log: &Log) -> Value {
    let Ok(open) = &log.open else { return json!([]) };
    let one =
        |head: &ledger::Checkpoint, cosigned: bool| json!([head.size, BASE64.encode(&head.root.0), cosigned]);
    let cosigned = open.cosigned.iter().map(|(head, _)| one(head, true));
    cosigned.chain(std::iter::once(one(&open.signed, false))).collect()
}
