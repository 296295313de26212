//! Extensions (拡張) against the definitions that their URLs name.

use super::{
    Run,
    problem::{Place, Problem},
    resource::Frame,
    walk::Item,
};
use crate::{
    definitions::{ROOT, Schema, Type},
    tree::{Node, Text},
};

impl<'a> Run<'a> {
    /// An extension against the definition that its URL names.
    pub(super) fn extension(
        &mut self,
        of: &'a Type,
        written: (&'a Schema, usize),
        value: &'a Node,
        place: &Place<'_>,
        frame: &Frame<'_, 'a>,
    ) {
        let modifier = place.name == "modifierExtension";
        let url = value.text_at("url").unwrap_or_default();
        let wanted = of.profiles.iter().find(|p| *p == url).map_or(url, Text::as_str);
        let known = self
            .all
            .id_of(wanted)
            .and_then(|id| self.all.schema(id).ok())
            .filter(|s| s.type_name == "Extension");
        let schema = known.or_else(|| self.all.schema(self.all.id_of_type("Extension")?).ok());
        let Some(schema) = schema else { return };
        self.object(schema, ROOT, value, place, frame);
        let Some(root) = schema.element(ROOT) else { return };
        self.constraints(
            schema,
            &root.constraints,
            &[],
            &Item { value: Some(value), beside: None, of: None },
            place,
            frame,
        );
        // A part of a complex extension has a relative URL and is defined by the whole.
        if known.is_none() && url.contains(':') {
            self.report(place, &Problem::UnknownExtension { url, modifier }, None, None);
        } else if known.is_some() && root.modifier != modifier {
            self.report(
                place,
                &Problem::ExtensionPlace { url, modifier: root.modifier },
                Some(&schema.url),
                None,
            );
        }
        if known.is_some() && !schema.contexts.is_empty() && !self.belongs(schema, written, place, frame) {
            let wanted = schema.contexts.join(", ");
            self.report(place, &Problem::ExtensionContext { url, wanted: &wanted }, Some(&schema.url), None);
        }
    }

    /// Whether an extension is made for the element that holds it: by the path or the type that its definition names.
    fn belongs(
        &self,
        extension: &Schema,
        (schema, element): (&Schema, usize),
        place: &Place<'_>,
        frame: &Frame<'_, '_>,
    ) -> bool {
        let Some(holder) = place.up else { return true };
        let path = schema.element(element).map(|e| e.path.as_str()).unwrap_or_default();
        let written = path.rsplit_once('.').map_or(path, |(holder, _)| holder);
        let of = schema.elements.iter().find(|e| e.path == written);
        let resource = frame.resource.text_at("resourceType").unwrap_or_default();
        extension.contexts.iter().any(|context| match context.split_once('.') {
            Some((root, rest)) => {
                let data_type = || {
                    let schema = self.all.id_of_type(root).and_then(|id| self.all.schema(id).ok());
                    schema.is_some_and(|schema| !schema.is_resource)
                };
                context == written || (root == resource || data_type()) && ends_with(holder, rest)
            }
            // What a primitive's type is, the walk through its extensions does not know.
            None if context == "Element" || context.starts_with(|c: char| c.is_ascii_lowercase()) => true,
            None if matches!(context.as_str(), "Resource" | "DomainResource") => {
                schema.is_resource && written == resource
            }
            None => context == written || of.is_some_and(|e| e.types.iter().any(|t| t.code == *context)),
        })
    }
}

/// Whether the names on the way to a place end with those of a path; `value[x]` is `valueQuantity` there.
fn ends_with(place: &Place<'_>, path: &str) -> bool {
    let (rest, last) = path.rsplit_once('.').map_or((None, path), |(rest, last)| (Some(rest), last));
    let same = match last.strip_suffix("[x]") {
        Some(stem) => place.name.starts_with(stem),
        None => place.name == last,
    };
    same && rest.is_none_or(|rest| place.up.is_some_and(|up| ends_with(up, rest)))
}
