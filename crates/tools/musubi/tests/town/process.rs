//! The running command.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use crate::browse::Browser;

/// How long anything may take on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// A command that was started and has not said yet that it is ready.
pub struct Starting {
    child: Child,
    lines: Receiver<String>,
    begun: Instant,
    /// What it says to the clerk's terminal.
    log: PathBuf,
}

/// `musubi up`, ready.
pub struct Town {
    child: Child,
    /// The port of the pages.
    pub port: u16,
    /// Seconds to readiness.
    pub ready_in: f64,
}

impl Starting {
    /// Starts the town of `dir` on a port of the system's choice.
    pub fn begin(dir: &Path, people: u64) -> Self {
        let log = dir.with_extension("log");
        let stderr = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_musubi"))
            .args(["up", "--people", &people.to_string(), "--port", "0", "--dir"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let (says, lines) = channel();
        let stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| says.send(line))
        });
        Self { child, lines, begun: Instant::now(), log }
    }

    /// The ready town, or itself when it is not ready in time.
    pub fn ready_within(self, patience: Duration) -> Result<Town, Self> {
        let until = Instant::now() + patience;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(port) = port_of(&line) {
                        return Ok(Town {
                            child: self.child,
                            port,
                            ready_in: self.begun.elapsed().as_secs_f64(),
                        });
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(self),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the command ended before it was ready; it said:\n{}", self.said())
                }
            }
        }
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

fn port_of(line: &str) -> Option<u16> {
    let (_, after) = line.split_once("http://localhost:")?;
    after.split('/').next()?.parse().ok()
}

impl Town {
    /// Starts the town of `dir` and waits until it is ready.
    pub fn start(dir: &Path, people: u64) -> Self {
        match Starting::begin(dir, people).ready_within(PATIENCE) {
            Ok(town) => town,
            Err(starting) => {
                let said = starting.said();
                starting.kill();
                panic!("not ready in {PATIENCE:?}; it said:\n{said}");
            }
        }
    }

    /// A browser at one of the town's sites, `slug.localhost`.
    pub fn browser(&self, site: &str) -> Browser {
        Browser::new(self.port, site)
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end and waits until it has.
    pub fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let status = eventually("the command ends when told to", || self.child.try_wait().unwrap());
        assert!(status.success(), "the command ended with {status}");
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until there is an answer.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "still waiting after {PATIENCE:?}: {what}");
        thread::park_timeout(Duration::from_millis(50));
    }
}

/// Runs another subcommand to its end.
pub fn musubi(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_musubi")).args(arguments).output().unwrap()
}
