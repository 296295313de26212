//! A PostgreSQL server of the test's own, and small helpers.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use musubi_store::{Db, Migration, StoreError, Tx, params};
use tempfile::TempDir;

/// One table of every kind of column.
pub const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "items",
    sql: "CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, code BYTES, amount BIGINT CHECK (amount >= 0)) \
          /*sqlite:WITHOUT ROWID*/; CREATE INDEX items_by_code ON items (code);",
}];

/// A server in a directory of its own, stopped when dropped.
pub struct Server {
    binaries: PathBuf,
    directory: TempDir,
    port: u16,
    databases: std::cell::Cell<u32>,
}

impl Server {
    /// Starts a server; `None`, and a line that says so, when PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            println!(
                "skipped: PostgreSQL not installed (no initdb under /usr/lib/postgresql/*/bin or in PATH)"
            );
            return None;
        };
        let directory = TempDir::new().unwrap();
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(directory.path()).status().unwrap().success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { binaries, directory, port, databases: 0.into() };
        server.run(
            "initdb",
            &["-D", &server.data(), "-U", "postgres", "-A", "trust", "-N", "--no-locale", "-E", "UTF8"],
        );
        server.boot();
        Some(server)
    }

    /// The URL of a fresh database.
    pub fn database(&self) -> String {
        let number = self.databases.get();
        self.databases.set(number + 1);
        self.run(
            "createdb",
            &["-h", &self.sockets(), "-p", &self.port.to_string(), "-U", "postgres", &format!("d{number}")],
        );
        format!("postgres:///d{number}?host={}&port={}&user=postgres", self.sockets(), self.port)
    }

    /// Stops the server as a crash would, and starts it again.
    pub fn crash(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
        self.boot();
    }

    fn boot(&self) {
        let options =
            format!("-p {} -k {} -c listen_addresses='' -c max_connections=60", self.port, self.sockets());
        let log = format!("{}/log", self.sockets());
        self.run("pg_ctl", &["-D", &self.data(), "-o", &options, "-l", &log, "-w", "start"]);
    }

    fn data(&self) -> String {
        self.directory.path().join("data").to_str().unwrap().to_owned()
    }

    fn sockets(&self) -> String {
        self.directory.path().to_str().unwrap().to_owned()
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
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.directory.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self
            .command("pg_ctl")
            .args(["-D", &self.data(), "-m", "immediate", "stop"])
            .stdout(Stdio::null())
            .status();
    }
}

/// The newest installation under Debian's place, or one in PATH.
fn binaries() -> Option<PathBuf> {
    let complete =
        |bin: &PathBuf| ["initdb", "pg_ctl", "createdb"].iter().all(|name| bin.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).filter(complete).max();
    newest.or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).find(complete))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|own| own.uid() == 0)
}

pub fn insert(tx: &mut Tx<'_>, id: i64) -> Result<u64, StoreError> {
    tx.execute(
        "INSERT INTO items (id, name, code, amount) VALUES ($1, $2, $3, $4)",
        params![id, &format!("item {id}"), &id.to_be_bytes(), 0],
    )
}

pub fn ids(db: &Db) -> Vec<i64> {
    db.read_blocking(|reader| reader.query("SELECT id FROM items ORDER BY id", &[], |row| row.int(0)))
        .unwrap()
}
