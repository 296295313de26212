//! How a group of fields is read, kept and written.
//!
//! A group is a struct whose fields each have a tag. Reading fills the fields and remembers, in a [`Layout`],
//! everything that the fields do not say: another order than the canonical one, unknown elements, comments,
//! attributes, empty elements. Writing follows the layout, so that a file that was read comes out whole.

use std::collections::HashMap;

use crate::{
    charset::Source,
    error::{Problem, ReadError},
    tree::{Element, Node},
    write::Writer,
};

/// What a file said beyond the values of a group's fields: order, unknown elements, comments, attributes.
///
/// The default is the canonical order with nothing besides; a value made by a program starts with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    attributes: Vec<(String, String)>,
    placed: Vec<Placed>,
}

impl Layout {
    /// The elements of the group that this library does not know, in order.
    pub fn unknown(&self) -> impl Iterator<Item = &Element> {
        self.placed.iter().filter_map(|placed| match placed {
            Placed::Other(Node::Element(element)) => Some(element),
            _ => None,
        })
    }

    /// Whether the group is written in canonical order with nothing besides its fields.
    pub fn is_canonical(&self) -> bool {
        self.attributes.is_empty() && self.placed.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Placed {
    Known { tag: &'static str, attributes: Vec<(String, String)>, empty: bool },
    Other(Node),
}

/// What is known of a field apart from its value.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) tag: &'static str,
    pub(crate) ja: &'static str,
    pub(crate) repeats: bool,
    pub(crate) required: bool,
    /// The fields of the groups it holds.
    pub(crate) inner: Option<&'static [Facts]>,
    pub(crate) meaning: fn(&str) -> Option<String>,
}

/// A struct of tagged fields; implemented by [`group!`].
pub(crate) trait Group: Default {
    const FACTS: &'static [Facts];

    fn slot(&self, tag: &str) -> Option<&dyn Slot>;
    fn slot_mut(&mut self, tag: &str) -> Option<&mut dyn Slot>;
    fn layout(&self) -> &Layout;
    fn layout_mut(&mut self) -> &mut Layout;
}

/// One value: text, a date, a code, a group.
pub(crate) trait Field: Sized {
    /// The fields of a group, nothing for text.
    const INNER: Option<&'static [Facts]> = None;

    /// The value of an element, `None` when the element is empty and the type has no empty value.
    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError>;
    fn write(&self, tag: &str, attributes: &[(String, String)], writer: &mut Writer);

    /// What a raw value means in Japanese, for codes.
    fn meaning(_raw: &str) -> Option<String> {
        None
    }
}

/// A field of a group: none, one or many values.
pub(crate) trait Slot {
    /// Takes an element; says whether it held a value.
    fn accept(&mut self, element: &Element, source: &Source) -> Result<bool, ReadError>;
    fn count(&self) -> usize;
    fn write(&self, nth: usize, tag: &str, attributes: &[(String, String)], writer: &mut Writer);
}

/// The constant side of [`Slot`].
pub(crate) trait SlotFacts {
    const REPEATS: bool;
    const REQUIRED: bool;
    const INNER: Option<&'static [Facts]>;
    const MEANING: fn(&str) -> Option<String>;
}

/// The place of an element in the file, as an error.
pub(crate) fn refuse(element: &Element, source: &Source, problem: Problem) -> ReadError {
    ReadError::new(source.place(element.offset), "", problem)
}

pub(crate) fn read_group<G: Group>(element: &Element, source: &Source) -> Result<G, ReadError> {
    let mut group = G::default();
    let mut placed = Vec::with_capacity(element.content.len());
    let mut seen: HashMap<&'static str, (usize, usize)> = HashMap::new();
    for node in &element.content {
        let Node::Element(child) = node else {
            match node {
                Node::Text(text) if text.trim_ascii().is_empty() => {}
                Node::Text(_) => {
                    return Err(refuse(element, source, Problem::Content { expected: ELEMENTS }));
                }
                other => placed.push(Placed::Other(other.clone())),
            }
            continue;
        };
        let Some(facts) = G::FACTS.iter().find(|facts| facts.tag == child.name) else {
            placed.push(Placed::Other(node.clone()));
            continue;
        };
        let (first, count) = *seen.entry(facts.tag).and_modify(|s| s.1 += 1).or_insert((child.offset, 1));
        if count > 1 && !facts.repeats {
            let first = source.place(first);
            return Err(refuse(child, source, Problem::Duplicate { first }).under(facts.tag));
        }
        let Some(slot) = group.slot_mut(facts.tag) else { continue };
        let step = if facts.repeats { format!("{}[{count}]", facts.tag) } else { facts.tag.to_owned() };
        let held = slot.accept(child, source).map_err(|error| error.under(&step))?;
        let attributes = if facts.inner.is_some() { Vec::new() } else { child.attributes.clone() };
        placed.push(Placed::Known { tag: facts.tag, attributes, empty: !held });
    }
    if let Some(facts) = G::FACTS.iter().find(|facts| facts.required && !seen.contains_key(facts.tag)) {
        return Err(refuse(element, source, Problem::Missing(facts.tag)));
    }
    let canonical = is_canonical::<G>(&placed);
    let placed = if canonical { Vec::new() } else { placed };
    *group.layout_mut() = Layout { attributes: element.attributes.clone(), placed };
    Ok(group)
}

pub(crate) fn write_group<G: Group>(group: &G, tag: &str, writer: &mut Writer) {
    let layout = group.layout();
    writer.branch(tag, &layout.attributes, |writer| {
        let mut written: HashMap<&'static str, usize> = HashMap::new();
        for placed in &layout.placed {
            match placed {
                Placed::Other(node) => writer.node(node),
                Placed::Known { tag, attributes, empty } => {
                    let Some(slot) = group.slot(tag) else { continue };
                    let nth = written.entry(tag).or_insert(0);
                    if *nth < slot.count() {
                        slot.write(*nth, tag, attributes, writer);
                        *nth += 1;
                    } else if *empty {
                        writer.leaf(tag, attributes, "");
                    }
                }
            }
        }
        for facts in G::FACTS {
            let Some(slot) = group.slot(facts.tag) else { continue };
            let from = written.get(facts.tag).copied().unwrap_or(0);
            (from..slot.count()).for_each(|nth| slot.write(nth, facts.tag, &[], writer));
        }
    });
}

/// Whether this is exactly what [`write_group`] does without a layout.
fn is_canonical<G: Group>(placed: &[Placed]) -> bool {
    let order = |tag: &str| G::FACTS.iter().position(|facts| facts.tag == tag);
    let mut last = None;
    placed.iter().all(|placed| match placed {
        Placed::Known { tag, attributes, empty: false } if attributes.is_empty() => {
            let at = order(tag);
            let sorted = at >= last;
            last = at;
            sorted
        }
        _ => false,
    })
}

impl<G: Group> Field for G {
    const INNER: Option<&'static [Facts]> = Some(G::FACTS);

    fn read(element: &Element, source: &Source) -> Result<Option<Self>, ReadError> {
        read_group(element, source).map(Some)
    }

    fn write(&self, tag: &str, _: &[(String, String)], writer: &mut Writer) {
        write_group(self, tag, writer);
    }
}

impl<T: Field> Slot for Option<T> {
    fn accept(&mut self, element: &Element, source: &Source) -> Result<bool, ReadError> {
        *self = T::read(element, source)?;
        Ok(self.is_some())
    }

    fn count(&self) -> usize {
        usize::from(self.is_some())
    }

    fn write(&self, _: usize, tag: &str, attributes: &[(String, String)], writer: &mut Writer) {
        if let Some(value) = self {
            value.write(tag, attributes, writer);
        }
    }
}

impl<T: Field> SlotFacts for Option<T> {
    const REPEATS: bool = false;
    const REQUIRED: bool = false;
    const INNER: Option<&'static [Facts]> = T::INNER;
    const MEANING: fn(&str) -> Option<String> = T::meaning;
}

impl<G: Group> Slot for Vec<G> {
    fn accept(&mut self, element: &Element, source: &Source) -> Result<bool, ReadError> {
        self.push(read_group(element, source)?);
        Ok(true)
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn write(&self, nth: usize, tag: &str, _: &[(String, String)], writer: &mut Writer) {
        if let Some(value) = self.get(nth) {
            write_group(value, tag, writer);
        }
    }
}

impl<G: Group> SlotFacts for Vec<G> {
    const REPEATS: bool = true;
    const REQUIRED: bool = false;
    const INNER: Option<&'static [Facts]> = Some(G::FACTS);
    const MEANING: fn(&str) -> Option<String> = no_meaning;
}

impl<G: Group> Slot for G {
    fn accept(&mut self, element: &Element, source: &Source) -> Result<bool, ReadError> {
        *self = read_group(element, source)?;
        Ok(true)
    }

    fn count(&self) -> usize {
        1
    }

    fn write(&self, _: usize, tag: &str, _: &[(String, String)], writer: &mut Writer) {
        write_group(self, tag, writer);
    }
}

impl<G: Group> SlotFacts for G {
    const REPEATS: bool = false;
    const REQUIRED: bool = true;
    const INNER: Option<&'static [Facts]> = Some(G::FACTS);
    const MEANING: fn(&str) -> Option<String> = no_meaning;
}

fn no_meaning(_: &str) -> Option<String> {
    None
}

/// Declares a group: `field: Type = "Tag", "日本語";` in canonical order.
macro_rules! group {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($field:ident: $ty:ty = $tag:literal, $ja:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $(#[doc = concat!($ja, " (`", $tag, "`).")] pub $field: $ty,)*
            /// How the group stood in the file it was read from.
            pub layout: $crate::group::Layout,
        }

        impl $crate::group::Group for $name {
            const FACTS: &'static [$crate::group::Facts] = &[$($crate::group::Facts {
                tag: $tag,
                ja: $ja,
                repeats: <$ty as $crate::group::SlotFacts>::REPEATS,
                required: <$ty as $crate::group::SlotFacts>::REQUIRED,
                inner: <$ty as $crate::group::SlotFacts>::INNER,
                meaning: <$ty as $crate::group::SlotFacts>::MEANING,
            }),*];

            fn slot(&self, tag: &str) -> Option<&dyn $crate::group::Slot> {
                match tag {
                    $($tag => Some(&self.$field),)*
                    _ => None,
                }
            }

            fn slot_mut(&mut self, tag: &str) -> Option<&mut dyn $crate::group::Slot> {
                match tag {
                    $($tag => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            fn layout(&self) -> &$crate::group::Layout {
                &self.layout
            }

            fn layout_mut(&mut self) -> &mut $crate::group::Layout {
                &mut self.layout
            }
        }
    };
}
pub(crate) use group;

const ELEMENTS: &str = "elements and no text";
