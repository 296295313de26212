//! One file into FHIR.

use super::{
    fhir::Context,
    model::{Laboratory, Person, Prescription, Problems},
    name::{DataKind, FileName, Flag},
};
use crate::{
    hl7v2::{Hl7Error, Message},
    tree::Resource,
};

/// Whose storage it is (出力元).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The institution's ten digits (保険医療機関番号10桁).
    pub institution: String,
}

/// A file, converted.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// What the file is a state of, which is the `meta.source` of its resources: those that have it and are not among
    /// `resources` are gone.
    pub scope: String,
    /// The resources; none where the order was deleted.
    pub resources: Vec<Resource>,
    /// Segments that say something which has no place in these resources, each name once.
    pub passed_over: Vec<String>,
}

/// Reads a file of one of the kinds that [`DataKind::is_read`] names; of any other, and of what was deleted, there are
/// no resources.
///
/// # Errors
/// [`Hl7Error`] with segment and field. A file is converted whole or not at all.
pub fn convert(name: &FileName, bytes: &[u8], source: &Source) -> Result<Converted, Hl7Error> {
    let context = Context::new(source, name);
    let mut converted =
        Converted { scope: context.scope.to_string(), resources: Vec::new(), passed_over: Vec::new() };
    if name.flag != Flag::Valid || !name.kind.is_read() {
        return Ok(converted);
    }
    let message = Message::parse(bytes)?;
    let nodes = match &name.kind {
        DataKind::Adt00 => Person::read(&message, name)?.to_fhir(&context),
        DataKind::Adt61 => Person::read_allergies(&message, name)?.allergies_to_fhir(&context),
        DataKind::Ppr01 => Problems::read(&message, name)?.to_fhir(&context),
        DataKind::Omp01 => Prescription::read(&message, name)?.to_fhir(&context),
        DataKind::Oml11 => Laboratory::read(&message, name)?.to_fhir(&context),
        DataKind::Other(_) => Vec::new(),
    };
    converted.resources = nodes.into_iter().filter_map(|node| Resource::new(node).ok()).collect();
    for segment in message.segments() {
        let segment = segment.name();
        if !used(&name.kind).contains(&segment) && !converted.passed_over.iter().any(|known| known == segment)
        {
            converted.passed_over.push(segment.to_owned());
        }
    }
    Ok(converted)
}

fn used(kind: &DataKind) -> &'static [&'static str] {
    match kind {
        DataKind::Adt00 => &["MSH", "EVN", "PID", "PV1", "AL1", "IN1"],
        DataKind::Adt61 => &["MSH", "EVN", "PID", "IAM", "AL1"],
        DataKind::Ppr01 => &["MSH", "PID", "PV1", "PRB", "ZPR", "ORC"],
        DataKind::Omp01 => &["MSH", "PID", "PV1", "ORC", "RXE", "TQ1", "RXR"],
        DataKind::Oml11 => &["MSH", "PID", "PV1", "SPM", "OBR", "ORC", "OBX"],
        DataKind::Other(_) => &[],
    }
}
