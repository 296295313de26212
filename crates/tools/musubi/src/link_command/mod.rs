//! `musubi link`: which records are of the same person.

mod batch;
mod clk;
mod directory;
mod register;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use linkage::LinkError;

use crate::unusable;

/// Options of `musubi link`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    batch: batch::Batch,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Register(register::Command),
    /// Without names: keyed Bloom filters (CLK) of records, and which are alike (名前を渡さない突合)
    #[command(subcommand)]
    Clk(clk::Command),
}

/// Exit code 0: done; 1: `search` found nobody for a question; 2: a file, the configuration or the register cannot be used.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let outcome = match &options.command {
        Some(Command::Register(command)) => register::run(command),
        Some(Command::Clk(command)) => clk::run(command).map(|()| ExitCode::SUCCESS),
        None => batch::run(&options.batch).map(|()| ExitCode::SUCCESS),
    };
    outcome.or_else(|error| match error.downcast_ref::<LinkError>() {
        Some(error) => {
            eprintln!("{error}\n{}", error.ja());
            Ok(ExitCode::from(2))
        }
        None => unusable::ended(error),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use clap::Parser;
    use linkage::entities::Entities;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    /// The exit code of a command line; `{}` stands for the directory.
    fn link(dir: &Path, line: &str) -> ExitCode {
        let line = line.replace("{}", dir.to_str().unwrap());
        let line = Line::try_parse_from(["link"].into_iter().chain(line.split(' '))).unwrap();
        run(&line.options).unwrap()
    }

    fn people(numbers: std::ops::Range<usize>, copies: &[&str]) -> String {
        let mut csv = String::from("届出番号,氏,名,カナ氏,カナ名,生年月日,住所\n");
        for n in numbers {
            let (family, kana) = [("佐藤", "サトウ"), ("髙橋", "タカハシ"), ("田中", "タナカ")][n % 3];
            let (given, reading) =
                [("一郎", "イチロウ"), ("花子", "ハナコ"), ("次郎", "ジロウ"), ("桜", "サクラ")][n / 3 % 4];
            let day = format!("19{:02}-{:02}-{:02}", 20 + n * 7 % 70, n % 12 + 1, n * 5 % 28 + 1);
            for copy in copies {
                let chome = n % 9 + 1;
                csv += &format!(
                    "{n}{copy},{family},{given},{kana},{reading},{day},北海道札幌市中央区北一条西{chome}丁目{n}番1号\n"
                );
            }
        }
        csv
    }

    fn entities(dir: &Path) -> Vec<(String, u64)> {
        let log = fs::read(dir.join("register/log.jsonl")).unwrap();
        let entities = Entities::read(log.as_slice()).unwrap();
        let all = 0..entities.records() as u32;
        all.map(|r| (entities.name(r).to_owned(), entities.of_number(r).unwrap())).collect()
    }

    #[test]
    fn a_register_is_made_added_to_searched_and_corrected() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        fs::write(dir.join("first.csv"), people(0..200, &["a", "b"])).unwrap();
        // What a spreadsheet in Japan saves.
        fs::write(dir.join("next.csv"), kotoba::cp932_encode(&people(150..210, &["c"])).bytes).unwrap();
        assert_eq!(link(dir, "index {}/register {}/first.csv"), ExitCode::SUCCESS);
        assert_eq!(link(dir, "index {}/register {}/first.csv"), ExitCode::from(2));
        assert_eq!(link(dir, "add {}/register {}/next.csv"), ExitCode::SUCCESS);
        let all = entities(dir);
        assert_eq!(all.len(), 460);
        let of = |record: &str| all.iter().find(|(name, _)| name == record).unwrap().1;
        assert_eq!((of("160c"), of("160a") == of("205c")), (of("160a"), false));
        assert_eq!(link(dir, "add {}/register {}/next.csv --json"), ExitCode::SUCCESS);
        assert_eq!(entities(dir), all);
        assert_eq!(
            link(dir, "search {}/register --set surname=佐藤 --set surname_kana=サトウ --set birth=19270304"),
            ExitCode::from(1)
        );
        assert_eq!(link(dir, "search {}/register {}/next.csv --json"), ExitCode::SUCCESS);
        assert_eq!(link(dir, "search {}/register --set colour=red"), ExitCode::from(2));
        assert_eq!(link(dir, "unlink {}/register 160c --by 山田 --reason 双子"), ExitCode::SUCCESS);
        let apart = entities(dir).iter().find(|(name, _)| name == "160c").unwrap().1;
        assert_ne!(apart, of("160c"));
        assert_eq!(link(dir, "join {}/register 160c 160a --by 山田"), ExitCode::SUCCESS);
        assert_eq!(entities(dir), all);
        assert_eq!(link(dir, "log {}/register --record 160c"), ExitCode::SUCCESS);
        assert_eq!(link(dir, "entities {}/register --until 401"), ExitCode::SUCCESS);
        // A journal that was cut short is not taken for an older one.
        let journal = dir.join("register/journal.bin");
        let bytes = fs::read(&journal).unwrap();
        fs::write(&journal, &bytes[..bytes.len() - 9]).unwrap();
        assert_eq!(link(dir, "add {}/register {}/next.csv"), ExitCode::from(2));
        // As is a file that is not there, and a directory that is no register.
        assert_eq!(link(dir, "add {}/register {}/none.csv"), ExitCode::from(2));
        assert_eq!(link(dir, "search {} --set surname=佐藤"), ExitCode::from(2));
    }

    #[test]
    fn a_file_that_begins_with_a_record_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let all = people(0..40, &["a", "b"]);
        let bare = all.split_once('\n').unwrap().1;
        fs::write(dir.path().join("bare.csv"), bare).unwrap();
        fs::write(dir.path().join("named.csv"), all).unwrap();
        assert_eq!(link(dir.path(), "{}/bare.csv --json"), ExitCode::from(2));
        assert_eq!(link(dir.path(), "{}/named.csv --json"), ExitCode::SUCCESS);
    }

    #[test]
    fn filters_are_made_and_matched() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let feature = |name: &str| {
            format!(
                r#"{{"identifier":"{name}","hashing":{{"comparison":{{"type":"ngram","n":2}},"strategy":{{"bitsPerFeature":100}}}}}}"#
            )
        };
        let features = ["氏", "名", "生年月日"].map(feature).join(",");
        let schema = format!(
            r#"{{"version":3,"clkConfig":{{"l":1024,"kdf":{{"type":"HKDF","hash":"SHA256"}}}},"features":[{features}]}}"#
        );
        fs::write(dir.join("schema.json"), schema).unwrap();
        fs::write(dir.join("secret"), "our secret\n").unwrap();
        fs::write(dir.join("a.csv"), people(0..60, &["a"])).unwrap();
        fs::write(dir.join("b.csv"), people(30..90, &["b"])).unwrap();
        for (file, out) in [("a", "a.csv"), ("b", "b.json")] {
            let line = format!(
                "clk encode {{}}/{file}.csv --schema {{}}/schema.json --secret {{}}/secret --id 届出番号 -o {{}}/clk-{out}"
            );
            assert_eq!(link(dir, &line), ExitCode::SUCCESS);
        }
        assert_eq!(
            link(dir, "clk match {}/clk-a.csv {}/clk-b.json --at-least 0.9 -o {}/pairs.csv"),
            ExitCode::SUCCESS
        );
        let pairs = fs::read_to_string(dir.join("pairs.csv")).unwrap();
        let exact: Vec<&str> = pairs.lines().filter(|line| line.ends_with("1.000000")).collect();
        // A file of filters alone has numbers for names: the first is record 30b.
        assert!(exact.len() == 30 && exact.contains(&"30a,1,1.000000"), "{pairs}");
        assert_eq!(link(dir, "clk match {}/clk-a.csv"), ExitCode::SUCCESS);
        fs::write(dir.join("clk-c.csv"), "record,clk\nx,AAAA\n").unwrap();
        assert_eq!(link(dir, "clk match {}/clk-a.csv {}/clk-c.csv"), ExitCode::from(2));
    }
}
