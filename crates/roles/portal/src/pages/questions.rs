//! One question at a time: asked, then shown as the document that it becomes, then decided.

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Response};
use codes::{ExchangeId, OrgKind};
use consent::{ActReason, Category, Consents, Labels, template};
use maud::{Markup, html};
use protocol::consents::ConsentAct;
use serde::Deserialize;
use wire::page::{Field, Lang, Tone, button, card, form, form_get, notice, problem_notice, t};
use wire::{Csrf, Page, Problem};

use super::choices::{until, without_id};
use super::parts::{document, fieldset, listed, name, option, said};
use super::sentence::in_a_line;
use super::{Here, Shown, inside, see};
use crate::model::Visit;
use crate::problems;
use crate::service::Service;
use crate::service::choices::{Answers, Decided, Question, foreseen};
use crate::service::preview::Sight;

/// Institutions that one form shows.
const INSTITUTIONS_MAX: usize = 60;

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
}

/// Title and explanation of a question.
pub(super) fn words(lang: Lang, question: Question) -> (&'static str, &'static str) {
    match question {
        Question::Share => t(
            lang,
            ("この機関に見せる", "病院や薬局を選んで、記録を見せる"),
            ("Let these see", "Choose hospitals or pharmacies that may see your records"),
        ),
        Question::ShareAll => t(
            lang,
            ("わたしを診る人みんなに見せる", "受付でカードを出した先と、ケアチームに"),
            ("Let everyone who treats me see", "Wherever you show your card, and your care teams"),
        ),
        Question::HideKind => t(
            lang,
            ("これは見せない", "精神・心療、HIV など、選んだものを隠す"),
            ("Not this", "Hide what you choose: mental health, HIV and others"),
        ),
        Question::HideFrom => t(
            lang,
            ("この機関には見せない", "知り合いが働いている、など理由はいりません"),
            ("Not these institutions", "You need give no reason"),
        ),
        Question::HideMade => t(
            lang,
            ("ここの記録をほかに見せない", "選んだ機関で書かれた記録を、ほかの機関に出さない"),
            ("Not what these wrote", "What these institutions wrote goes to no other"),
        ),
        Question::Team => t(
            lang,
            ("ケアチームを決める", "いっしょにわたしを支える機関を一つのチームにする"),
            ("Name a care team", "Institutions that look after you together"),
        ),
        Question::Proxy => t(
            lang,
            ("代理人を決める", "わたしに代わって決めてよい人"),
            ("Name a proxy", "Somebody who may decide for you"),
        ),
        Question::Directive => t(
            lang,
            ("決められなくなったときのために", "意識がない、認知症など、その日のための指示"),
            ("For the day I cannot decide", "A directive for unconsciousness or dementia"),
        ),
        Question::OptOut => t(
            lang,
            ("共有をすべてやめる", "これまでに許したことも働かなくなる"),
            ("End all sharing", "What you permitted has no effect either"),
        ),
        Question::Return => t(
            lang,
            ("共有を元に戻す", "前に決めたことが、また働く"),
            ("Share again", "What you decided before works again"),
        ),
    }
}

pub(super) async fn ask(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Path(question): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Shown {
    let question = Question::from_word(&question).ok_or_else(problems::no_question)?;
    let answers = Answers::default();
    Ok(page(&service, lang, &csrf, &visit, question, html! {
        (find(lang, &service, question, &wanted.q))
        (asking(&service, lang, &csrf, question, &answers, &wanted.q))
    })
    .into_response())
}

pub(super) async fn answer(
    State(service): State<Service>,
    lang: Lang,
    csrf: Csrf,
    Here(visit): Here,
    Path(question): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    let question = Question::from_word(&question).ok_or_else(problems::no_question)?;
    let answers = Answers(fields);
    let key = answers.one("key").parse().unwrap_or_else(|_| ExchangeId::new(service.now().as_millis()));
    let decided = match service.decided(question, &answers, key) {
        Ok(decided) => decided,
        Err(problem) => return Ok(again(&service, lang, &csrf, &visit, question, &answers, &problem)),
    };
    let will = service.will(&visit).await?;
    let decided = decided.with_endings(&will, service.now());
    if answers.one("step") != "decide" {
        let body = review(&service, lang, &csrf, question, &answers, &decided, &will, key);
        return Ok(page(&service, lang, &csrf, &visit, question, body).into_response());
    }
    match service.decide(&visit, decided, key).await {
        Ok(()) => Ok(see("/choices?done=true")),
        Err(problem) => Ok(again(&service, lang, &csrf, &visit, question, &answers, &problem)),
    }
}

fn page(
    _: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    question: Question,
    body: Markup,
) -> Page {
    let path = format!("/choices/{}", question.as_str());
    let (title, lead) = words(lang, question);
    let body = if visit.bearer.code.is_none() { without_id(lang) } else { body };
    inside(lang, csrf, visit, title, &path, body).lead(lead)
}

/// The form again, with what was wrong.
fn again(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    visit: &Visit,
    question: Question,
    answers: &Answers,
    problem: &Problem,
) -> Response {
    let body = html! {
        (problem_notice(lang, problem))
        (asking(service, lang, csrf, question, answers, ""))
    };
    page(service, lang, csrf, visit, question, body).status(problem.status()).into_response()
}

/// Where institutions are found by name, where the question names some.
fn find(lang: Lang, service: &Service, question: Question, wanted: &str) -> Markup {
    let many = service.policy.directory().of_kind(OrgKind::Institution).len() > INSTITUTIONS_MAX;
    let names = !matches!(question, Question::ShareAll | Question::Proxy | Question::OptOut | Question::Return);
    html! {
        @if names && (many || !wanted.is_empty()) {
            (form_get(&format!("/choices/{}", question.as_str()), html! {
                (Field::text("q", t(lang, "機関を名前で探す", "Find an institution by name")).value(wanted).render(lang))
                (button(t(lang, "探す", "Find")))
            }))
        }
    }
}

fn asking(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    question: Question,
    answers: &Answers,
    wanted: &str,
) -> Markup {
    let places = || institutions(service, lang, answers, wanted);
    form(&format!("/choices/{}", question.as_str()), csrf, html! {
        @match question {
            Question::Share => { (places()) (kinds(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
            Question::ShareAll => { (kinds(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
            Question::HideKind => { (labels(lang, answers)) (emergency(lang, answers)) (but(lang, places())) (period(lang, answers)) }
            Question::HideFrom | Question::HideMade => { (places()) (kinds(lang, answers)) (emergency(lang, answers)) (period(lang, answers)) }
            Question::Directive => { (whom(lang, answers)) (places()) (kinds(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
            Question::Team => { (called(lang, answers, question)) (places()) (period(lang, answers)) }
            Question::Proxy => { (called(lang, answers, question)) (mandate(lang, answers)) (sensitive(lang, answers)) (period(lang, answers)) }
            Question::OptOut => { (emergency(lang, answers)) }
            Question::Return => {}
        }
        (button(t(lang, "内容を確かめる", "See what this means")))
        p { a href="/choices" { (t(lang, "決めずにもどる", "Back without deciding")) } }
    })
}

fn institutions(service: &Service, lang: Lang, answers: &Answers, wanted: &str) -> Markup {
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

fn but(lang: Lang, places: Markup) -> Markup {
    html! {
        details {
            summary { (t(lang, "ただし、見せてもよい機関がある", "There are institutions that may see it all the same")) }
            div { (places) }
        }
    }
}

fn kinds(lang: Lang, answers: &Answers) -> Markup {
    let some = answers.one("kinds") == "some";
    let chosen: Vec<&str> = answers.all("category").collect();
    fieldset(t(lang, "どんな情報ですか", "What information?"), "", html! {
        (option(false, "kinds", "all", !some, t(lang, "すべて", "Everything"), ""))
        (option(false, "kinds", "some", some, t(lang, "選ぶ", "Only these"), t(lang, "下で選びます", "choose below")))
        div.options-many {
            @for kind in Category::ALL {
                (option(true, "category", kind.code(), chosen.contains(&kind.code()), t(lang, kind.ja(), kind.en()), ""))
            }
        }
    })
}

fn sensitive(lang: Lang, answers: &Answers) -> Markup {
    let all = answers.one("sensitive") == "all";
    fieldset(t(lang, "機微な情報も含めますか", "Sensitive information too?"),
        t(lang, "精神・心療、HIV、性感染症、遺伝、性と生殖、飲酒・薬物、暴力の被害、自分で印をつけたもの", "mental health, HIV, sexually transmitted diseases, genetics, reproduction, substance use, violence, and what you marked yourself"),
        html! {
            (option(false, "sensitive", "normal", !all, t(lang, "含めない", "No"), ""))
            (option(false, "sensitive", "all", all, t(lang, "含める", "Yes"), ""))
        })
}

fn labels(lang: Lang, answers: &Answers) -> Markup {
    let chosen: Vec<&str> = answers.all("label").collect();
    fieldset(t(lang, "何を見せませんか", "What is not to be seen?"), "", html! {
        div.options-many {
            @for label in Labels::SENSITIVE.iter() {
                (option(true, "label", label.code(), chosen.contains(&label.code()), t(lang, label.ja(), label.en()), ""))
            }
        }
    })
}

fn emergency(lang: Lang, answers: &Answers) -> Markup {
    let hide = answers.one("emergency") == "hide";
    fieldset(t(lang, "命にかかわる救急のときは", "When your life is at stake"), "", html! {
        (option(false, "emergency", "show", !hide, t(lang, "そのときだけは見せてよい", "It may be seen then"), t(lang, "理由が記録され、あなたに知らされます", "the reason is recorded and you are told")))
        (option(false, "emergency", "hide", hide, t(lang, "そのときも見せない", "Not even then"), ""))
    })
}

fn period(lang: Lang, answers: &Answers) -> Markup {
    let chosen = answers.one("until");
    let choice = |value: &str, label: &str| option(false, "until", value, chosen == value || chosen.is_empty() && value == "open", label, "");
    fieldset(t(lang, "いつまでですか", "Until when?"), "", html! {
        (choice("open", t(lang, "わたしがやめるまで", "Until I end it")))
        (choice("month", t(lang, "1か月", "One month")))
        (choice("half", t(lang, "半年", "Half a year")))
        (choice("year", t(lang, "1年", "One year")))
        (choice("date", t(lang, "この日まで", "Until this day")))
        (Field::date("until_date", t(lang, "終わりの日（「この日まで」のとき）", "Last day (for “until this day”)")).value(answers.one("until_date")).render(lang))
    })
}

fn whom(lang: Lang, answers: &Answers) -> Markup {
    let everyone = answers.one("whom") != "chosen";
    fieldset(t(lang, "だれに見せますか", "Who may see?"), "", html! {
        (option(false, "whom", "everyone", everyone, t(lang, "わたしを診る人みんな", "Everyone who treats me"), ""))
        (option(false, "whom", "chosen", !everyone, t(lang, "下で選ぶ機関だけ", "Only the institutions below"), ""))
    })
}

fn called(lang: Lang, answers: &Answers, question: Question) -> Markup {
    let (label, hint) = if question == Question::Team {
        (t(lang, "チームの呼び名", "Name of the team"), t(lang, "例: 退院後のチーム", "for example: after the hospital"))
    } else {
        (t(lang, "代理人の名前", "Name of the proxy"), t(lang, "例: 長女 花子。この名前はポータルだけが、封をして預かります", "only the portal keeps this name, sealed"))
    };
    Field::text("name", label).hint(hint).value(answers.one("name")).required().render(lang)
}

fn mandate(lang: Lang, answers: &Answers) -> Markup {
    let (now, permit, sees) = (answers.one("when") == "now", answers.one("may") == "permit", answers.one("sees") == "yes");
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

/// What the answers become, word by word, what it changes, and the one button that decides.
#[allow(clippy::too_many_arguments, reason = "a page is made of all that it shows")]
fn review(
    service: &Service,
    lang: Lang,
    csrf: &Csrf,
    question: Question,
    answers: &Answers,
    decided: &Decided,
    will: &Consents,
    key: ExchangeId,
) -> Markup {
    let carried = answers.0.iter().filter(|(name, _)| !matches!(name.as_str(), "_csrf" | "step" | "key"));
    html! {
        @for act in &decided.acts { (act_text(service, lang, act, decided)) (ended(service, lang, will, act)) }
        (changes(service, lang, will, &decided.acts))
        (form(&format!("/choices/{}", question.as_str()), csrf, html! {
            @for (name, value) in carried { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="key" value=(key);
            input type="hidden" name="step" value="decide";
            (button(t(lang, "このとおり決める", "Decide this")))
            p { a href={ "/choices/" (question.as_str()) } { (t(lang, "選びなおす", "Choose again")) } " "
                a href="/choices" { (t(lang, "決めずにもどる", "Back without deciding")) } }
        }))
    }
}

fn act_text(service: &Service, lang: Lang, act: &ConsentAct, decided: &Decided) -> Markup {
    let names = |org: &codes::OrgId| Some(service.name(org));
    let called = decided.kept.as_ref().map_or("", |(_, name)| name.as_str());
    let text = match act {
        ConsentAct::Record(rule) => template::document(rule, &names).map(|text| said(lang, text)),
        ConsentAct::OptOut { emergencies_too } => {
            template::opt_out(*emergencies_too, service.now()).map(|text| said(lang, text))
        }
        ConsentAct::Return => Some(t(
            lang,
            "情報の共有を元に戻す届\n\n共有をやめる前に決めたことが、いまからまた働きます。".to_owned(),
            "Sharing again\n\nWhat you decided before you ended the sharing works again from now on.".to_owned(),
        )),
        ConsentAct::Team(team) => {
            let members = listed(lang, team.members.iter().filter_map(|who| who.organisation.as_ref()).map(|org| name(service, lang, org)));
            let end = until(lang, team.until.map(calendar::Timestamp::start_of));
            Some(t(
                lang,
                format!("ケアチームの届\n\n・名前: {called}\n・いっしょに支える機関: {members}\n・いつまで: {end}\n\nチームの中では、診療と介護に必要なふつうの情報を、あなたが断らないかぎり見せ合えます。機微な情報は含みません。"),
                format!("Care team\n\n- Name: {called}\n- Members: {members}\n- How long: {end}\n\nWithin the team, ordinary information needed for treatment and care is shared unless you refuse. Sensitive information is not included."),
            ))
        }
        ConsentAct::Proxy(proxy) => Some(proxy_text(lang, proxy, called)),
        _ => None,
    };
    html! { @if let Some(text) = text { (document(&text)) } }
}

/// What ends along with the decision, because it would stand against it.
fn ended(service: &Service, lang: Lang, will: &Consents, act: &ConsentAct) -> Markup {
    let ConsentAct::Withdraw(id) = act else { return html! {} };
    let rule = will.rules.iter().find(|rule| rule.id == *id);
    notice(Tone::Info, t(lang, "あわせて、前に決めたことをやめます", "Something you decided before ends along with it"), html! {
        @if let Some(rule) = rule { p { (in_a_line(service, lang, rule)) } }
    })
}

fn proxy_text(lang: Lang, proxy: &consent::Proxy, called: &str) -> String {
    let end = until(lang, proxy.until.map(calendar::Timestamp::start_of));
    let what = if proxy.decides.labels.is_empty() { t(lang, "すべての情報", "everything") } else { t(lang, "ふつうの情報（機微な情報を除く）", "ordinary information, not the sensitive") };
    let may = if proxy.may_permit { t(lang, "見せることも、見せないことも決められる", "may permit and refuse") } else { t(lang, "見せないことだけ決められる", "may refuse only") };
    let when = if proxy.only_incapable { t(lang, "本人が自分で決められないときだけ", "only while the person cannot decide") } else { t(lang, "届け出たときから", "from now on") };
    let sees = if proxy.sees.is_some() { t(lang, "見られる", "yes") } else { t(lang, "見られない", "no") };
    t(
        lang,
        format!("代理人の届\n\n・代理人: {called}\n・いつ: {when}\n・何について: {what}\n・何を: {may}\n・本人の記録を: {sees}\n・いつまで: {end}\n\n代理人が許したことは、代理が終わると効力がなくなります。断ったことは、本人が変えるまで続きます。代理人がしたことは記録され、本人が見られます。"),
        format!("Proxy\n\n- Who: {called}\n- When: {when}\n- About: {what}\n- What: {may}\n- Sees the person's records: {sees}\n- How long: {end}\n\nWhat a proxy permits ends with the mandate. What a proxy refuses stays until the person changes it. What a proxy does is recorded, and the person can see it."),
    )
}

/// Who could see more or less than now, by the engine that decides.
pub(super) fn changes(service: &Service, lang: Lang, will: &Consents, acts: &[ConsentAct]) -> Markup {
    let now = service.now();
    let after = match foreseen(will, acts, now) {
        Ok(after) => after,
        Err(error) => {
            let title = t(lang, "いま決まっていることと合いません", "This does not fit what stands");
            return notice(Tone::Warn, title, html! { p { (error) } });
        }
    };
    // A rule about what one institution wrote changes what is seen of that institution's records alone.
    let apart = acts.iter().find_map(|act| author_of(will, act)).unwrap_or(service.org);
    let sights = |will: &Consents| service.sights(will, ActReason::Treat, now, &apart);
    let pairs: Vec<(Sight, Sight)> = sights(will).into_iter().zip(sights(&after)).collect();
    let names = |of: fn(&(Sight, Sight)) -> bool| {
        let matching = pairs.iter().filter(|pair| of(pair)).map(|(before, _)| name(service, lang, &before.organisation));
        matching.collect::<Vec<String>>()
    };
    let more = names(|(before, after)| after.count() > before.count());
    let less = names(|(before, after)| after.count() < before.count());
    card(t(lang, "これで何が変わるか", "What this changes"), html! {
        @if apart != service.org {
            p { (t(lang, format!("{}で書かれた記録について:", name(service, lang, &apart)), format!("Of what {} wrote:", name(service, lang, &apart)))) }
        }
        @if more.is_empty() && less.is_empty() {
            p { (t(lang, "いまの見え方（診療のとき）は変わりません。", "What may be seen for treatment now stays as it is.")) }
        }
        @if !more.is_empty() { p { strong { (t(lang, "見えるものが増える: ", "Sees more: ")) } (some(lang, &more)) } }
        @if !less.is_empty() { p { strong { (t(lang, "見えるものが減る: ", "Sees less: ")) } (some(lang, &less)) } }
        p.fine { (t(lang, "見られるのは、その機関の受付であなたのカードが確かめられたときだけです。", "It may see only when your card was read at its desk.")) }
    })
}

/// The institution whose records alone an act is about, if it is such an act.
fn author_of(will: &Consents, act: &ConsentAct) -> Option<codes::OrgId> {
    let rule = match act {
        ConsentAct::Record(rule) => rule,
        ConsentAct::Withdraw(id) => will.rules.iter().find(|rule| rule.id == *id)?,
        _ => return None,
    };
    rule.what.authors.first()?.organisation
}

/// The first of many names.
fn some(lang: Lang, names: &[String]) -> String {
    const SHOWN: usize = 8;
    let first = listed(lang, names.iter().take(SHOWN).cloned());
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        rest => t(lang, format!("{first} ほか{rest}機関"), format!("{first} and {rest} more")),
    }
}
