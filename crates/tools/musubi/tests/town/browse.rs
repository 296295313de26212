//! A small browser: it keeps its cookies, sends forms with their token, and follows nothing by itself.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

/// A browser at one site of the town.
pub struct Browser {
    port: u16,
    site: String,
    cookies: BTreeMap<String, String>,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Browser {
    /// At `site`, e.g. `north-hospital.localhost`, behind `port` of this machine.
    pub fn new(port: u16, site: &str) -> Self {
        Self { port, site: site.to_owned(), cookies: BTreeMap::new(), token: String::new() }
    }

    /// Opens a page; fails when the connection does.
    pub fn try_get(&mut self, path: &str) -> io::Result<Reply> {
        let reply = self.send("GET", path, &[], b"")?;
        self.learn(&reply);
        Ok(reply)
    }

    /// Sends a form with the token of the last page; fails when the connection does.
    pub fn try_post(&mut self, path: &str, fields: &[(&str, &str)]) -> io::Result<Reply> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("_csrf", &self.token).extend_pairs(fields);
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let reply = self.send("POST", path, &kind, form.finish().as_bytes())?;
        self.learn(&reply);
        Ok(reply)
    }

    /// Opens a page.
    pub fn get(&mut self, path: &str) -> Reply {
        self.try_get(path).unwrap()
    }

    /// Sends a form.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.try_post(path, fields).unwrap()
    }

    /// Sends anything.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: {}:{}\r\nconnection: close\r\n", self.site, self.port);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head += &format!("cookie: {}\r\n", pairs.join("; "));
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes())?;
        // A server that refuses a large body answers before it has read it all.
        let sent = stream.write_all(body);
        let mut bytes = Vec::new();
        let received = stream.read_to_end(&mut bytes);
        match Reply::parse(&bytes) {
            Some(reply) => Ok(reply),
            None => Err(sent.err().or(received.err()).unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
        }
    }

    fn learn(&mut self, reply: &Reply) {
        for (_, cookie) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(token) = between(&reply.body, "name=\"_csrf\" value=\"", "\"") {
            self.token = token.to_owned();
        }
    }
}

impl Reply {
    /// A whole answer, or nothing: a truncated one is no answer.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut reply = Self { status, headers, body: String::new() };
        let rest = &bytes[end + 4..];
        let body = if reply.header("transfer-encoding") == Some("chunked") {
            unchunk(rest)?
        } else {
            let length: usize = reply.header("content-length").unwrap_or("0").parse().ok()?;
            rest.get(..length)?.to_vec()
        };
        reply.body = String::from_utf8_lossy(&body).into_owned();
        Some(reply)
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Where a form sends its browser next.
    #[track_caller]
    pub fn location(&self) -> &str {
        let found = self.header("location").filter(|_| self.status == 303);
        found.unwrap_or_else(|| panic!("no redirect but {}: {}", self.status, self.text()))
    }

    /// What a person reads: the body without markup.
    pub fn text(&self) -> String {
        text_of(&self.body)
    }

    /// The reply, when it is a page and all is well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text());
        self
    }
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|w| w == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?.trim(), 16).ok()?;
        let chunk = bytes.get(end + 2..end + 2 + length)?;
        if length == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(chunk);
        bytes = bytes.get(end + 4 + length..)?;
    }
}

/// What stands between two texts.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// Markup taken away, references resolved, white space single.
pub fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
