//! The narrative (叙述): XHTML that may be shown without harm (R4 §2.4.0.1).

use quick_xml::{Reader, events::Event};

/// Elements of XHTML 1.0 that a narrative may have: text, lists, tables, links and images; nothing that acts.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "map",
    "area",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

/// What is wrong with a narrative, in English; none: nothing.
pub(crate) fn problem(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut seen, mut content) = (0_usize, false, false);
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Some(format!("not well-formed: {error}")),
        };
        let (tag, opens) = match &event {
            Event::Start(tag) => (tag, true),
            Event::Empty(tag) => (tag, false),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::Text(text) => {
                let blank = text.trim().is_empty();
                content |= !blank;
                if depth == 0 && !blank {
                    return Some("text outside the div".into());
                }
                continue;
            }
            Event::GeneralRef(_) => {
                content = true;
                continue;
            }
            Event::Comment(_) => continue,
            Event::Eof => break,
            _ => return Some("only elements, text and comments may stand in a narrative".into()),
        };
        let name = tag.local_name().as_ref().to_owned();
        if depth == 0 && (seen || name != "div") {
            return Some("a narrative is one div".into());
        }
        if !ELEMENTS.contains(&name.as_str()) {
            return Some(format!("the element {name} may not stand in a narrative"));
        }
        content |= name == "img";
        for attribute in tag.attributes() {
            let Ok(attribute) = attribute else {
                return Some(format!("the attributes of {name} are not well-formed"));
            };
            if attribute.key.as_ref().to_ascii_lowercase().starts_with("on") {
                return Some(format!("the element {name} may not act"));
            }
            let value = attribute.value.to_ascii_lowercase();
            if value.trim_start().starts_with("javascript:") {
                return Some(format!("the element {name} may not act"));
            }
        }
        seen = true;
        depth += usize::from(opens);
    }
    match (seen, content) {
        (false, _) => Some("a narrative is one div".into()),
        (true, false) => Some("the narrative has no content".into()),
        (true, true) => (depth > 0).then(|| "an element is not closed".into()),
    }
}
