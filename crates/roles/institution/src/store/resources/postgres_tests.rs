//! A PostgreSQL server of the tests' own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A server in a directory of its own, stopped when dropped.
pub struct Server {
    binaries: PathBuf,
    directory: tempfile::TempDir,
}

impl Server {
    /// Starts a server; `None`, and a line that says so, when PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            println!(
                "skipped: PostgreSQL is not installed (no initdb under /usr/lib/postgresql/*/bin or in PATH)"
            );
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(directory.path()).status().unwrap().success());
        }
        let server = Self { binaries, directory };
        let place = server.place();
        server.run("initdb", &["-D", &server.data(), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]);
        let options = format!("-k {place} -c listen_addresses=''");
        server.run(
            "pg_ctl",
            &["-D", &server.data(), "-o", &options, "-l", &format!("{place}/log"), "-w", "start"],
        );
        Some(server)
    }

    /// The address of its database.
    pub fn database(&self) -> String {
        format!("postgres:///postgres?host={}&user=postgres", self.place())
    }

    fn place(&self) -> String {
        self.directory.path().to_str().unwrap().to_owned()
    }

    fn data(&self) -> String {
        format!("{}/data", self.place())
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self
            .command(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The server refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let path = self.binaries.join(program);
        let mut command = Command::new(if is_root() { "runuser" } else { path.to_str().unwrap() });
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(path);
        }
        command.current_dir(self.directory.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        let _ = self
            .command("pg_ctl")
            .args(["-D", &data, "-m", "immediate", "stop"])
            .stdout(Stdio::null())
            .status();
    }
}

/// The newest installation under Debian's place, or one in PATH.
fn binaries() -> Option<PathBuf> {
    let complete = |bin: &PathBuf| ["initdb", "pg_ctl"].iter().all(|name| bin.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).filter(complete).max();
    newest.or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).find(complete))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|own| own.uid() == 0)
}
