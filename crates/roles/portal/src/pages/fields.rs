//! The fields of the questions: each a box with its question above it.

use codes::OrgKind;
use consent::{Category, Labels};
use maud::{Markup, html};
use wire::page::{Field, Lang, t};

use super::parts::{fieldset, label_words, option};
use crate::service::Service;
use crate::service::choices::{Answers, Question};

/// Institutions that one form shows; more are found by name.
pub(super) const INSTITUTIONS_MAX: usize = 60;

/// Which institutions: all of a small town, those whose name matches in a large country.
pub(super) fn institutions(service: &Service, lang: Lang, answers: &Answers, wanted: &str) -> Markup {
    let chosen: Vec<&str> = answers.all("institution").collect();
    let all = service.policy.directory().of_kind(OrgKind::Institution);
    let matching = all.iter().filter(|org| {
        wanted.is_empty() || org.ja.contains(wanted) || org.en.to_lowercase().contains(&wanted.to_lowercase())
    });
    let options = html! {
        div.options-many {
            @for org in matching.take(INSTITUTIONS_MAX) {
                @let id = org.id.to_string();
                @let kind = org.institution.map_or("", |kind| t(lang, kind.ja(), kind.en()));
                (option(true, "institution", &id, chosen.contains(&id.as_str()), t(lang, &org.ja, &org.en), kind))
            }
        }
    };
    fieldset(t(lang, "どの機関ですか", "Which institutions?"), "", options)
}

/// Exceptions, closed at first.
pub(super) fn but(lang: Lang, places: Markup) -> Markup {
    html! {
        details {
            summary { (t(lang, "ただし、見せてもよい機関がある", "There are institutions that may see it all the same")) }
            div { (places) }
        }
    }
}

/// Everything, or some kinds of information.
pub(super) fn kinds(lang: Lang, answers: &Answers) -> Markup {
    let some = answers.one("kinds") == "some";
    let chosen: Vec<&str> = answers.all("category").collect();
    fieldset(
        t(lang, "どんな情報ですか", "What information?"),
        "",
        html! {
            (option(false, "kinds", "all", !some, t(lang, "すべて", "Everything"), ""))
            (option(false, "kinds", "some", some, t(lang, "選ぶ", "Only these"), t(lang, "下で選びます", "choose below")))
            div.options-many {
                @for kind in Category::ALL {
                    (option(true, "category", kind.code(), chosen.contains(&kind.code()), t(lang, kind.ja(), kind.en()), ""))
                }
            }
        },
    )
}

/// Whether sensitive information is included.
pub(super) fn sensitive(lang: Lang, answers: &Answers) -> Markup {
    let all = answers.one("sensitive") == "all";
    fieldset(
        t(lang, "機微な情報も含めますか", "Sensitive information too?"),
        t(
            lang,
            "精神・心療、HIV、性感染症、遺伝、性と生殖、飲酒・薬物、暴力の被害、自分で印をつけたもの",
            "mental health, HIV, sexually transmitted diseases, genetics, reproduction, substance use, violence, and what you marked yourself",
        ),
        html! {
            (option(false, "sensitive", "normal", !all, t(lang, "含めない", "No"), ""))
            (option(false, "sensitive", "all", all, t(lang, "含める", "Yes"), ""))
        },
    )
}

/// Which sensitive information.
pub(super) fn labels(lang: Lang, answers: &Answers) -> Markup {
    let chosen: Vec<&str> = answers.all("label").collect();
    fieldset(
        t(lang, "何を見せませんか", "What is not to be seen?"),
        "",
        html! {
            div.options-many {
                @for label in Labels::SENSITIVE.iter() {
                    (option(true, "label", label.code(), chosen.contains(&label.code()), label_words(lang, label), ""))
                }
            }
        },
    )
}

/// What holds when a life is at stake.
pub(super) fn emergency(lang: Lang, answers: &Answers) -> Markup {
    let hide = answers.one("emergency") == "hide";
    fieldset(
        t(lang, "命にかかわる救急のときは", "When your life is at stake"),
        "",
        html! {
            (option(false, "emergency", "show", !hide, t(lang, "そのときだけは見せてよい", "It may be seen then"), t(lang, "理由が記録され、あなたに知らされます", "the reason is recorded and you are told")))
            (option(false, "emergency", "hide", hide, t(lang, "そのときも見せない", "Not even then"), ""))
        },
    )
}

/// Until when.
pub(super) fn period(lang: Lang, answers: &Answers) -> Markup {
    let chosen = answers.one("until");
    let choice = |value: &str, label: &str| {
        option(false, "until", value, chosen == value || chosen.is_empty() && value == "open", label, "")
    };
    fieldset(
        t(lang, "いつまでですか", "Until when?"),
        "",
        html! {
            (choice("open", t(lang, "わたしがやめるまで", "Until I end it")))
            (choice("month", t(lang, "1か月", "One month")))
            (choice("half", t(lang, "半年", "Half a year")))
            (choice("year", t(lang, "1年", "One year")))
            (choice("date", t(lang, "この日まで", "Until this day")))
            (Field::date("until_date", t(lang, "終わりの日（「この日まで」のとき）", "Last day (for “until this day”)")).value(answers.one("until_date")).render(lang))
        },
    )
}

/// Everyone, or those who are named.
pub(super) fn whom(lang: Lang, answers: &Answers) -> Markup {
    let everyone = answers.one("whom") != "chosen";
    fieldset(
        t(lang, "だれに見せますか", "Who may see?"),
        "",
        html! {
            (option(false, "whom", "everyone", everyone, t(lang, "わたしを診る人みんな", "Everyone who treats me"), ""))
            (option(false, "whom", "chosen", !everyone, t(lang, "下で選ぶ機関だけ", "Only the institutions below"), ""))
        },
    )
}

/// How the person calls a team or a proxy.
pub(super) fn called(lang: Lang, answers: &Answers, question: Question) -> Markup {
    let (label, hint) = if question == Question::Team {
        (
            t(lang, "チームの呼び名", "Name of the team"),
            t(lang, "例: 退院後のチーム", "for example: after the hospital"),
        )
    } else {
        (
            t(lang, "代理人の名前", "Name of the proxy"),
            t(
                lang,
                "例: 長女 花子。この名前はポータルだけが、封をして預かります",
                "only the portal keeps this name, sealed",
            ),
        )
    };
    Field::text("name", label).hint(hint).value(answers.one("name")).required().render(lang)
}

/// What a proxy may do, and when.
pub(super) fn mandate(lang: Lang, answers: &Answers) -> Markup {
    let (now, permit, sees) =
        (answers.one("when") == "now", answers.one("may") == "permit", answers.one("sees") == "yes");
    html! {
        (fieldset(t(lang, "いつ、代わりに決められますか", "When may they decide for you?"), "", html! {
            (option(false, "when", "incapable", !now, t(lang, "わたしが自分で決められないときだけ", "Only while I cannot decide myself"), t(lang, "医師などが認めたとき", "when a doctor or court has found so")))
            (option(false, "when", "now", now, t(lang, "いまから", "From now on"), ""))
        }))
        (fieldset(t(lang, "何を決められますか", "What may they decide?"), "", html! {
            (option(false, "may", "refuse", !permit, t(lang, "見せないことだけ", "Refuse only"), ""))
            (option(false, "may", "permit", permit, t(lang, "見せることも、見せないことも", "Permit and refuse"), ""))
        }))
        (fieldset(t(lang, "わたしの記録を見られますか", "May they see my records?"), "", html! {
            (option(false, "sees", "no", !sees, t(lang, "見られない", "No"), ""))
            (option(false, "sees", "yes", sees, t(lang, "見られる", "Yes"), ""))
        }))
    }
}
