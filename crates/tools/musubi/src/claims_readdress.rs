//! `musubi claims readdress`: who has to pay, and the files for them.

use std::fs::{self, File};
use std::io::{BufWriter, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use calendar::{Clock, Date, SystemClock};
use claims::{Binder, Claim, Corrected, Draft, Group, GroupKind, MemberList, correct, judge};
use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::claims_command::{State, say_unread, walk};
use crate::unusable::{self, Unusable};

/// Options of `musubi claims readdress`.
#[derive(Args)]
pub struct Readdress {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Memberships as CSV (docs/formats/claims-members.md)
    #[arg(long)]
    members: PathBuf,
    /// Where to write: what stays (`stay-…`), what goes to an agency (`to-1-…` 支払基金, `to-2-…` 国保連合会), and
    /// `outcomes.csv`
    #[arg(long, short)]
    out: PathBuf,
    /// By what was known on this day, YYYY-MM-DD; today when not given
    #[arg(long)]
    known_on: Option<Date>,
    /// Every claim's outcome with what it rests on, as JSON, one a line
    #[arg(long)]
    json: bool,
}

/// Judges every claim, and writes what stays and what goes.
pub fn run(options: &Readdress) -> anyhow::Result<ExitCode> {
    let source = unusable::open(&options.members)?;
    let members = MemberList::read(source)
        .map_err(|error| anyhow::anyhow!("{}: {error}\n{}", options.members.display(), error.ja()))?;
    let known = options.known_on.unwrap_or_else(|| SystemClock.today());
    unusable::folder(&options.out)?;
    let mut outcomes = Outcomes::create(&options.out.join("outcomes.csv"), options.json)?;
    let mut worst = State::Right;
    for file in &options.files {
        let mut sorted = Sorted::create(&options.out, file)?;
        let state = walk(
            file,
            |group| {
                if group.kind() == GroupKind::Head {
                    return sorted.institution(group);
                }
                let Some(claim) = Claim::of(*group) else { return Ok(()) };
                let judged = judge(&claim, &members, known);
                let corrected = correct(&claim, &judged);
                outcomes.claim(file, &claim, &judged.verdict, &corrected)?;
                match corrected {
                    Corrected::Goes(parts) => {
                        parts.into_iter().try_for_each(|(agency, part)| sorted.goes(agency, part))
                    }
                    Corrected::Stays | Corrected::Cannot(_) => sorted.stays(&claim),
                }
            },
            say_unread(file),
        )?;
        sorted.finish()?;
        worst = worst.max(state);
    }
    worst = worst.max(if outcomes.not_right > 0 { State::Found } else { State::Right });
    outcomes.finish(options.json)?;
    Ok(worst.exit())
}

/// The files that a file's claims go into.
struct Sorted {
    stay: Binder<BufWriter<File>>,
    to: [Binder<BufWriter<File>>; 2],
    paths: [PathBuf; 3],
}

impl Sorted {
    fn create(dir: &Path, file: &Path) -> anyhow::Result<Self> {
        let name = file.file_name().context("a file has a name")?.to_string_lossy();
        let paths = ["stay", "to-1", "to-2"].map(|sort| dir.join(format!("{sort}-{name}")));
        let create =
            |path: &PathBuf| Ok::<_, Unusable>(BufWriter::with_capacity(1 << 17, unusable::create(path)?));
        let [stay, first, second] = &paths;
        let to = [Binder::new(create(first)?, Some(1)), Binder::new(create(second)?, Some(2))];
        Ok(Self { stay: Binder::new(create(stay)?, None), to, paths })
    }

    fn institution(&mut self, head: &Group<'_>) -> anyhow::Result<()> {
        let all = std::iter::once(&mut self.stay).chain(&mut self.to);
        Ok(all.into_iter().try_for_each(|binder| binder.institution(head))?)
    }

    fn stays(&mut self, claim: &Claim<'_>) -> anyhow::Result<()> {
        Ok(self.stay.claim(Draft::of(claim))?)
    }

    fn goes(&mut self, agency: u8, part: Draft) -> anyhow::Result<()> {
        let [first, second] = &mut self.to;
        let binder = if agency == 2 { second } else { first };
        Ok(binder.claim(part)?)
    }

    /// A file without claims is no file.
    fn finish(self) -> anyhow::Result<()> {
        let [first, second] = self.to;
        for (binder, path) in [self.stay, first, second].into_iter().zip(&self.paths) {
            let (_, claims) = binder.finish().with_context(|| format!("cannot write {}", path.display()))?;
            if claims == 0 {
                fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// `outcomes.csv`, and what is told of every claim.
struct Outcomes {
    csv: csv::Writer<File>,
    json: bool,
    counts: std::collections::BTreeMap<&'static str, u64>,
    rewritten: u64,
    not_right: u64,
}

impl Outcomes {
    fn create(path: &Path, json: bool) -> anyhow::Result<Self> {
        let file = unusable::create(path)?;
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record([
            "file",
            "line",
            "claim",
            "month",
            "outcome",
            "detail",
            "rewritten",
            "found_by",
            "claimed_insurer",
            "now",
            "then",
        ])?;
        Ok(Self { csv, json, counts: std::collections::BTreeMap::new(), rewritten: 0, not_right: 0 })
    }

    fn claim(
        &mut self,
        file: &Path,
        claim: &Claim<'_>,
        verdict: &claims::Verdict,
        corrected: &Corrected,
    ) -> anyhow::Result<()> {
        let name = verdict.outcome.name();
        *self.counts.entry(name).or_default() += 1;
        self.not_right += u64::from(!matches!(verdict.outcome, claims::Outcome::Right));
        let detail = match &verdict.outcome {
            claims::Outcome::OtherInsurer { since } => since.to_string(),
            claims::Outcome::Split { at } => at.to_string(),
            claims::Outcome::Undecidable { why } => word(why)?,
            _ => String::new(),
        };
        let rewritten = match corrected {
            Corrected::Stays => String::new(),
            Corrected::Goes(parts) => {
                self.rewritten += 1;
                parts.iter().map(|(agency, _)| format!("to-{agency}")).collect::<Vec<_>>().join(" ")
            }
            Corrected::Cannot(why) => format!("cannot: {}", word(why)?),
        };
        if self.json {
            let place = json!({ "file": file.display().to_string(), "line": claim.group().first_line(), "claim": claim.number() });
            let line = json!({ "place": place, "rewritten": rewritten, "verdict": verdict });
            writeln!(stdout(), "{line}")?;
        }
        let spells = |all: &[claims::Spell]| {
            let one = |spell: &claims::Spell| {
                let insurer = spell.insurer.as_deref().unwrap_or("-");
                format!(
                    "{}..{} {insurer}:{}:{}:{}",
                    spell.first, spell.last, spell.symbol, spell.number, spell.branch
                )
            };
            all.iter().map(one).collect::<Vec<_>>().join(" | ")
        };
        let found_by = verdict.found_by.map(|by| word(&by)).transpose()?.unwrap_or_default();
        self.csv.write_record([
            file.display().to_string(),
            claim.group().first_line().to_string(),
            claim.number().map(|n| n.to_string()).unwrap_or_default(),
            claim.month().map(|m| m.to_string()).unwrap_or_default(),
            name.to_owned(),
            detail,
            rewritten,
            found_by,
            verdict.claimed.as_ref().map(|c| c.insurer.clone()).unwrap_or_default(),
            spells(&verdict.now),
            spells(&verdict.then),
        ])?;
        Ok(())
    }

    fn finish(mut self, json: bool) -> anyhow::Result<()> {
        self.csv.flush()?;
        if !json {
            for (name, count) in &self.counts {
                writeln!(stdout(), "{name:<16}{count}")?;
            }
            writeln!(stdout(), "{:<16}{}", "rewritten", self.rewritten)?;
        }
        Ok(())
    }
}

/// A value that serializes as one word.
fn word(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}
