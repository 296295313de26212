//! `musubi codes`: check numbers, make keys, rehearse the derivation of codes.

use std::{
    io::{Write, stdout},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use codes::{
    CorporateNumber, FileCustody, InstitutionCode, InsuredPersonId, InsurerNumber, MunicipalityCode,
    NumberError, OrgKind, PublicPayerNumber, PublicRecipientNumber, ResidentCode, Unlock,
};

use crate::settings::keys_of;

/// Options of `musubi codes`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check numbers and their check digits
    Check {
        /// What kind of number
        kind: Kind,
        /// The numbers
        #[arg(required = true)]
        numbers: Vec<String>,
    },
    /// Make a sealed file of keys for a role
    Keys {
        /// The role that will hold them
        role: OrgKind,
        /// The sealed file
        file: PathBuf,
        /// The key file that opens it, made when absent
        #[arg(long)]
        key_file: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// 住民票コード
    Resident,
    /// 保険者番号
    Insurer,
    /// 医療機関コード (10 digits)
    Institution,
    /// 公費負担者番号
    PublicPayer,
    /// 受給者番号
    PublicRecipient,
    /// 法人番号
    Corporate,
    /// 全国地方公共団体コード
    Municipality,
    /// 保険者番号:記号:番号:枝番
    InsuredPerson,
}

/// Exit code 0: all right; 2: a number is wrong.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Command::Check { kind, numbers } => {
            let mut wrong = false;
            for number in numbers {
                match check(*kind, number) {
                    Ok(canonical) => writeln!(stdout(), "{number}: {canonical}")?,
                    Err(error) => {
                        wrong = true;
                        writeln!(stdout(), "{number}: {error}\n  {}", error.ja())?;
                    }
                }
            }
            Ok(if wrong { ExitCode::from(2) } else { ExitCode::SUCCESS })
        }
        Command::Keys { role, file, key_file } => {
            let keys = keys_of(*role);
            anyhow::ensure!(!keys.is_empty(), "no role of the kind {role} holds keys");
            FileCustody::create_or_open(file, Unlock::KeyFile(key_file.clone()), keys)?;
            writeln!(stdout(), "{}: {} keys, opened by {}", file.display(), keys.len(), key_file.display())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(kind: Kind, text: &str) -> Result<String, NumberError> {
    Ok(match kind {
        Kind::Resident => text.parse::<ResidentCode>()?.to_string(),
        Kind::Insurer => text.parse::<InsurerNumber>()?.to_string(),
        Kind::Institution => text.parse::<InstitutionCode>()?.to_string(),
        Kind::PublicPayer => text.parse::<PublicPayerNumber>()?.to_string(),
        Kind::PublicRecipient => text.parse::<PublicRecipientNumber>()?.to_string(),
        Kind::Corporate => text.parse::<CorporateNumber>()?.to_string(),
        Kind::Municipality => text.parse::<MunicipalityCode>()?.to_string(),
        Kind::InsuredPerson => text.parse::<InsuredPersonId>()?.to_string(),
    })
}
