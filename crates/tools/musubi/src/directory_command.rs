//! `musubi directory`: who takes part; and how a running role learns that somebody no longer does.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use access::{Directory, Status};
use anyhow::{Context, bail};
use calendar::{Clock, SystemClock};
use clap::{Args, Subcommand};
use codes::OrgId;
use wire::Shutdown;

/// How often a running role looks whether the directory changed: a suspension is in effect everywhere well within a minute.
const LOOK: Duration = Duration::from_secs(10);

/// Options of `musubi directory`.
#[derive(Args)]
pub struct Options {
    /// The directory of organisations (TOML)
    #[arg(long, default_value = "town-data/organisations.toml")]
    file: PathBuf,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// List who takes part (参加機関の一覧)
    List,
    /// Stop an organisation from asking, from now on (機関の参加を止める)
    Suspend {
        /// Which: `institution/2219900012`
        organisation: OrgId,
        /// Why, for the organisation itself
        #[arg(long)]
        reason: String,
    },
    /// Let it ask again (機関の参加を再開する)
    Reinstate {
        /// Which
        organisation: OrgId,
    },
}

/// Lists or changes the directory; running roles follow within seconds.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let directory = Directory::load(&options.file)?;
    let status = match &options.act {
        Act::List => {
            list(&directory)?;
            return Ok(ExitCode::SUCCESS);
        }
        Act::Suspend { reason, .. } if reason.trim().is_empty() => bail!("give the reason"),
        Act::Suspend { reason, .. } => {
            Status::Suspended { since: SystemClock.today(), reason: reason.clone() }
        }
        Act::Reinstate { .. } => Status::Active,
    };
    let (Act::Suspend { organisation, .. } | Act::Reinstate { organisation }) = &options.act else {
        return Ok(ExitCode::SUCCESS);
    };
    let found = directory.get(organisation).with_context(|| format!("{organisation} does not take part"))?;
    let mut changed = access::Organisation::clone(&found);
    changed.status = status;
    directory.put(changed);
    replace(&options.file, &directory)?;
    Ok(ExitCode::SUCCESS)
}

fn list(directory: &Directory) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    for kind in codes::OrgKind::ALL {
        for organisation in directory.of_kind(kind) {
            let state = match &organisation.status {
                Status::Active => String::new(),
                Status::Suspended { since, reason } => format!("\tsuspended {since}: {reason}"),
            };
            writeln!(out, "{}\t{}{state}", organisation.id, organisation.ja)?;
        }
    }
    Ok(())
}

/// Writes the directory beside and renames it: who reads it meanwhile sees the old one or the new one.
pub fn replace(file: &Path, directory: &Directory) -> anyhow::Result<()> {
    let beside = file.with_extension("toml.new");
    fs::write(&beside, directory.to_toml()?).with_context(|| format!("cannot write {}", beside.display()))?;
    fs::rename(&beside, file).with_context(|| format!("cannot write {}", file.display()))
}

/// Takes over what the file says whenever it changed. A file that cannot be read changes nothing, and is said once.
pub async fn follow(directory: Directory, file: PathBuf, shutdown: Shutdown) {
    let mut seen = changed_at(&file);
    loop {
        tokio::select! {
            () = shutdown.wait() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = changed_at(&file);
        if now == seen {
            continue;
        }
        seen = now;
        if let Err(error) = directory.reload(&file) {
            tracing::error!(%error, "the directory of organisations is faulty; the old one stays in force");
        }
    }
}

fn changed_at(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|of| of.modified()).ok()
}
