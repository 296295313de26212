//! A plain HTTP client that shows everything, and a server to ask.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::town::{Options, Town, serve};

/// An institution behind a real socket.
pub struct House {
    pub town: Town,
    address: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl House {
    pub async fn open() -> Self {
        Self::of(Town::with(Options::default()).await).await
    }

    pub async fn of(town: Town) -> Self {
        let base = serve(town.role.api(), &town.shutdown).await;
        Self { town, address: base.strip_prefix("http://").unwrap().to_owned() }
    }

    pub fn base(&self) -> String {
        format!("http://{}/fhir", self.address)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], None).await
    }

    pub async fn put(&self, resource: &Value) -> Answer {
        let path =
            format!("/{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        self.ask("PUT", &path, &[], Some(resource.to_string())).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[], Some(body.to_string())).await
    }

    /// Everything after `/fhir` is the path; an absolute one under our base is asked as it is.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let path = path.strip_prefix(&self.base()).unwrap_or(path);
        self.at(method, &format!("/fhir{path}"), headers, body).await
    }

    /// As [`House::ask`], anywhere on the institution's own interface.
    pub async fn at(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if let Some(body) = &body {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                head.push_str("Content-Type: application/fhir+json\r\n");
            }
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let bytes = format!("{head}\r\n{}", body.unwrap_or_default());
        let address = self.address.clone();
        tokio::task::spawn_blocking(move || exchange(&address, bytes.as_bytes())).await.unwrap()
    }
}

fn exchange(address: &str, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if is_chunked { dechunk(&bytes[at + 4..]) } else { bytes[at + 4..].to_vec() };
    Answer { status, headers, text: String::from_utf8(body).unwrap() }
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return out;
        }
        out.extend_from_slice(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 4 + length..];
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Fails unless the status is this.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Names of the matches of a searchset.
    pub fn matches(&self) -> Vec<String> {
        self.entries("match")
    }

    /// Names of what came along.
    pub fn included(&self) -> Vec<String> {
        self.entries("include")
    }

    fn entries(&self, mode: &str) -> Vec<String> {
        let bundle = self.json();
        assert_eq!(bundle["type"], "searchset", "{}", self.text);
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        let of_mode = entries.iter().filter(|entry| entry["search"]["mode"] == mode);
        of_mode
            .map(|entry| {
                let resource = &entry["resource"];
                let [kind, id] = ["resourceType", "id"].map(|key| resource[key].as_str().unwrap());
                assert!(entry["fullUrl"].as_str().unwrap().ends_with(&format!("/{kind}/{id}")));
                format!("{kind}/{id}")
            })
            .collect()
    }

    /// The relation's address.
    pub fn link(&self, relation: &str) -> Option<String> {
        let bundle = self.json();
        let links = bundle["link"].as_array()?.clone();
        links
            .iter()
            .find(|link| link["relation"] == relation)
            .map(|link| link["url"].as_str().unwrap().to_owned())
    }

    /// The issue type, the place and the texts of an outcome's first issue.
    pub fn issue(&self) -> (String, String, String) {
        let outcome = self.json();
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{}", self.text);
        let issue = &outcome["issue"][0];
        let en = issue["details"]["text"].as_str().unwrap().to_owned();
        let ja = issue["details"]["_text"]["extension"][0]["extension"][1]["valueString"].as_str().unwrap();
        assert!(!en.is_empty() && ja.chars().any(|c| c > '\u{3000}'), "both languages: {}", self.text);
        (
            issue["code"].as_str().unwrap().to_owned(),
            issue["expression"][0].as_str().unwrap_or_default().to_owned(),
            en,
        )
    }
}
