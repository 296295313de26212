//! A second process of this program, so that client and server do not share memory or CPU accounts.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::Serialize;

/// A running child; ended when dropped.
pub struct Child {
    process: std::process::Child,
    out: BufReader<ChildStdout>,
}

impl Child {
    /// Starts this program with `words` and gives it `errand` on its standard input.
    ///
    /// It is scheduled as a batch, on the cores that the parent has too: clients elsewhere would not take the server's
    /// core away at each answer either.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(words: &[&str], errand: &impl Serialize) -> anyhow::Result<Self> {
        let mut process = Command::new("chrt")
            .args(["--batch", "0"])
            .arg(std::env::current_exe()?)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("chrt (of util-linux) starts the second process")?;
        let mut input = process.stdin.take().context("the child's standard input")?;
        input.write_all(&serde_json::to_vec(errand)?)?;
        drop(input);
        let out = BufReader::new(process.stdout.take().context("the child's standard output")?);
        Ok(Self { process, out })
    }

    /// The next line that it says; none when it has ended well.
    ///
    /// # Errors
    /// When it ended badly.
    pub fn line(&mut self) -> anyhow::Result<Option<String>> {
        let mut line = String::new();
        if self.out.read_line(&mut line)? > 0 {
            return Ok(Some(line.trim_end().to_owned()));
        }
        let status = self.process.wait()?;
        ensure!(status.success(), "the second process ended with {status}");
        Ok(None)
    }

    /// All that a child says which needs no errand.
    ///
    /// # Errors
    /// When it cannot be started or ends badly.
    pub fn output(words: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(std::env::current_exe()?).args(words).stderr(Stdio::inherit()).output()?;
        ensure!(output.status.success(), "`bench {}` ended with {}", words.join(" "), output.status);
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again; that is the usual case.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
