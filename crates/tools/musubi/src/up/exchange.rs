//! Records and exchange in the town: the institutions take in their clinical files, and the people of the exchange
//! demonstrations come to the desks that know them and say what they want. All by the doors that real ones use.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::BufReader,
    sync::Arc,
};

use anyhow::Context;
use calendar::{Clock, SystemClock};
use consent::{
    ActReason, Author, CareTeam, Effect, GivenBy, Label, Profession, Proxy, ProxyKind, Purposes, Rule, What,
    Who,
};
use institution::{CardOrder, Door, records::Caller};
use protocol::{
    consents::ConsentAct,
    exchange::Practitioner,
    reader::{ReaderMode, Road},
};
use town::formats::{ExchangeStoryRow, NetworkPatientRow, StoryRow};
use wire::Shutdown;

use super::{Running, settle::Town};
use crate::open::Opened;

/// Set when the demonstrations' people have been at the desks.
const VISITED: &str = "exchange-stories-complete";
/// Set in an institution's directory when its clinical files were taken in.
const TAKEN: &str = "clinical-complete";

type Service = Arc<institution::Service>;

/// Sends the people of the demonstrations to the desks that know them, and passes on what they decide there; then the members
/// of networks tell the relay their numbers.
pub async fn visit(town: &Town, running: &Running, say: &impl Fn(String)) -> anyhow::Result<()> {
    if town.dir.join(VISITED).exists() {
        return Ok(());
    }
    let rows: Vec<ExchangeStoryRow> = town.rows("exchange-stories.csv")?;
    let cards: HashMap<String, String> =
        town.rows::<StoryRow>("stories.csv")?.into_iter().map(|row| (row.resident_code, row.story)).collect();
    let desks = desks(running);
    say("people of the exchange demonstrations at the desks".into());
    for of_story in rows.chunk_by(|a, b| a.story == b.story) {
        let Some(subject) = of_story.first() else { continue };
        let Some(card) = cards.get(&subject.resident_code) else { continue };
        let mut at = None;
        for row in of_story.iter().filter(|row| row.facet == 0 && !row.local_number.is_empty()) {
            let desk = desks.get(&row.institution_code).with_context(|| row.institution_code.clone())?;
            arrive(desk, card, &row.local_number).await.with_context(|| format!("{} {card}", row.story))?;
            at.get_or_insert((desk, row.local_number.clone()));
        }
        if let Some((desk, number)) = at {
            for act in wishes(&subject.story, of_story)? {
                match desk.pass_on(clerk()?, number.parse()?, act).await {
                    // A start that was cut off had passed it on: the names are this file's own.
                    Err(problem) if problem.code() == "decision-does-not-fit" => {}
                    done => drop(done.map_err(anyhow::Error::new)?),
                }
            }
        }
    }
    tell_numbers(town, &desks).await?;
    fs::write(town.dir.join(VISITED), b"")?;
    Ok(())
}

/// Every member tells the relay which of its patients bear which number of its networks, as its clerk would from the
/// network's file: those whom it has registered by now.
async fn tell_numbers(town: &Town, desks: &HashMap<String, Service>) -> anyhow::Result<()> {
    let mut files: HashMap<String, csv::Writer<Vec<u8>>> = HashMap::new();
    for row in town.rows::<NetworkPatientRow>("network-patients.csv")? {
        let file =
            files.entry(row.institution_code.clone()).or_insert_with(|| csv::Writer::from_writer(Vec::new()));
        file.serialize(row)?;
    }
    for (institution, file) in files {
        let desk = desks.get(&institution).with_context(|| institution.clone())?;
        let bytes = file.into_inner().map_err(|error| error.into_error())?;
        desk.tell_network_numbers(&bytes).await.map_err(anyhow::Error::new).context(institution)?;
    }
    Ok(())
}

/// Takes in the clinical files of every institution that did not take them in before, one institution after another: the
/// town is ready meanwhile.
pub async fn take_in(
    dir: std::path::PathBuf,
    files: std::path::PathBuf,
    desks: Vec<Service>,
    shutdown: Shutdown,
) {
    for desk in desks {
        let code = desk.org().number().to_owned();
        let marker = dir.join(format!("{TAKEN}-{code}"));
        let from = files.join("clinical").join(&code);
        if marker.exists() || !from.exists() || shutdown.is_triggered() {
            continue;
        }
        let taken = tokio::select! {
            () = shutdown.wait() => return,
            taken = take_in_one(&desk, &from) => taken,
        };
        match taken.and_then(|()| Ok(fs::write(&marker, b"")?)) {
            Ok(()) => {}
            Err(error) => tracing::error!(institution = code, error = format!("{error:#}"), "clinical files"),
        }
    }
}

/// The institutions' services, for [`take_in`].
pub fn services(running: &Running) -> Vec<Service> {
    desks(running).into_values().collect()
}

async fn take_in_one(desk: &Service, from: &std::path::Path) -> anyhow::Result<()> {
    let caller = Caller { user: Some("town".into()), ..Caller::default() };
    let mut entries: Vec<_> = fs::read_dir(from)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let report = if path.is_dir() {
            desk.import_ssmix2(&caller, &path).await
        } else {
            desk.import_bundles(&caller, BufReader::new(File::open(&path)?)).await
        };
        let report = report.with_context(|| path.display().to_string())?;
        if let Some(first) = report.refusals.first() {
            let (path, refused, line) = (path.display(), report.refused, first.line);
            tracing::warn!("{path}: {refused} refused, the first at {line} {}: {}", first.place, first.en);
        }
    }
    Ok(())
}

fn desks(running: &Running) -> HashMap<String, Service> {
    let institution = |(settings, opened, _): &(crate::settings::RoleSettings, Opened, _)| match opened {
        Opened::Institution(role) => {
            Some((settings.organisation.number().to_owned(), role.service().clone()))
        }
        _ => None,
    };
    running.roles.iter().filter_map(institution).collect()
}

/// The person's card is read, and the person is tied to the desk's own patient.
async fn arrive(desk: &Service, card: &str, number: &str) -> anyhow::Result<()> {
    let order =
        CardOrder { card: card.to_owned(), mode: ReaderMode::Visual, road: Road::InsuranceCode, pin: None };
    let visit = desk.receive_card(Door::Desk, order).await?;
    desk.link(visit, Some(number.parse()?), true).await?;
    Ok(())
}

fn clerk() -> anyhow::Result<Practitioner> {
    Ok(Practitioner { id: "clerk-1".parse()?, profession: Profession::Clerk, name: "窓口 春子".into() })
}

/// What the person of a demonstration wants.
fn wishes(story: &str, rows: &[ExchangeStoryRow]) -> anyhow::Result<Vec<ConsentAct>> {
    let now = SystemClock.now();
    let rule = |name: &str, effect: Effect| -> anyhow::Result<Rule> {
        let mut rule = Rule::new(name.parse()?, effect, now);
        let template = if effect == Effect::Permit { "permit@1" } else { "refuse@1" };
        rule.template = Some(template.parse()?);
        Ok(rule)
    };
    let share = || -> anyhow::Result<ConsentAct> {
        let purposes = Purposes::of(&[ActReason::Treat, ActReason::Care]);
        Ok(ConsentAct::Record(Box::new(Rule { purposes, ..rule("share-for-treatment", Effect::Permit)? })))
    };
    Ok(match story {
        "two-hospitals" => {
            let what = What::labels(&[Label::Psychiatry]);
            let keep = Rule { what, ..rule("keep-psychiatry", Effect::Deny)? };
            // The hospital's name alone would tell: nobody is led to it.
            let what = What { authors: withheld(rows)?, ..What::default() };
            let hide = Rule { what, ..rule("hide-that-hospital", Effect::Deny)? };
            vec![share()?, ConsentAct::Record(Box::new(keep)), ConsentAct::Record(Box::new(hide))]
        }
        "two-facets" | "sealed" => vec![share()?],
        "dementia-care" => {
            vec![ConsentAct::Team(team(rows, now)?), proxy("daughter", ProxyKind::Chosen, now)?]
        }
        "child" => {
            let given_by = GivenBy::Proxy("mother".parse()?);
            let purposes = Purposes::of(&[ActReason::Treat, ActReason::Care]);
            let by_mother = Rule { given_by, purposes, ..rule("share-by-mother", Effect::Permit)? };
            vec![
                proxy("mother", ProxyKind::Parent, now)?,
                proxy("father", ProxyKind::Parent, now)?,
                ConsentAct::Record(Box::new(by_mother)),
            ]
        }
        _ => Vec::new(),
    })
}

/// Hospitals that hold what the person keeps back.
fn withheld(rows: &[ExchangeStoryRow]) -> anyhow::Result<Vec<Author>> {
    let kept_back =
        |row: &&ExchangeStoryRow| row.role == "withheld" && row.text_ja.contains("あることも分からない");
    let author = |row: &ExchangeStoryRow| {
        let organisation = Some(codes::OrgId::institution(&row.institution_code.parse()?));
        Ok(Author { organisation, person: None })
    };
    rows.iter().filter(kept_back).map(author).collect()
}

fn team(rows: &[ExchangeStoryRow], now: calendar::Timestamp) -> anyhow::Result<CareTeam> {
    let members = rows
        .iter()
        .filter(|row| row.role == "care-team")
        .map(|row| Ok(Who::organisation(codes::OrgId::institution(&row.institution_code.parse()?))))
        .collect::<anyhow::Result<_>>()?;
    Ok(CareTeam {
        id: "home-care".parse()?,
        members,
        from: now.date(),
        until: None,
        recorded_at: now,
        withdrawn_at: None,
    })
}

fn proxy(name: &str, kind: ProxyKind, now: calendar::Timestamp) -> anyhow::Result<ConsentAct> {
    Ok(ConsentAct::Proxy(Box::new(Proxy {
        id: name.parse()?,
        kind,
        decides: What::everything(),
        purposes: Purposes::NONE,
        may_permit: true,
        sees: Some(What::everything()),
        only_incapable: false,
        from: now.date(),
        until: None,
        recorded_at: now,
        withdrawn_at: None,
    })))
}
