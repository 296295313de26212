//! Tree to bytes.

use std::{fmt, io::Write as _};

use super::{Node, Object};

impl Node {
    /// The document without white space, keys in the order they have.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        write(self, &mut out, false);
        out
    }

    /// The canonical form: no white space, keys sorted by code point, numbers as they were written. Two documents that
    /// say the same in the same digits have the same canonical form; digests are taken over it.
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        write(self, &mut out, true);
        out
    }
}

/// The document without white space.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_vec()))
    }
}

fn write(node: &Node, out: &mut Vec<u8>, sorted: bool) {
    match node {
        Node::Null => out.extend_from_slice(b"null"),
        Node::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Node::Number(number) => out.extend_from_slice(number.as_str().as_bytes()),
        Node::String(text) => write_string(text, out),
        Node::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write(item, out, sorted);
            }
            out.push(b']');
        }
        Node::Object(object) => write_object(object, out, sorted),
    }
}

fn write_object(object: &Object, out: &mut Vec<u8>, sorted: bool) {
    let mut put = |n: usize, key: &str, value: &Node| {
        out.push(if n == 0 { b'{' } else { b',' });
        write_string(key, out);
        out.push(b':');
        write(value, out, sorted);
    };
    if sorted {
        let mut members: Vec<_> = object.iter().collect();
        members.sort_unstable_by_key(|(key, _)| *key);
        members.into_iter().enumerate().for_each(|(n, (key, value))| put(n, key, value));
    } else {
        object.iter().enumerate().for_each(|(n, (key, value))| put(n, key, value));
    }
    out.extend_from_slice(if object.is_empty() { b"{}" } else { b"}" });
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(place) = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1F)) {
        let (plain, special) = rest.split_at(place);
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            // Writing to a vector does not fail.
            other => drop(write!(out, "\\u{other:04x}")),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
