//! 交換用基本情報 (ix08) and 集計情報 (su08), which sums the claims (cc08).

use serde::Serialize;

use crate::{
    model::Identifier,
    validate::Generation,
    xml::{Id, Tree, XmlWriter},
};

/// 交換用基本情報ファイル (ix08): who sends how many records to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Index {
    /// 種別: 6 from an institution to an insurer, …
    pub interaction: String,
    /// 作成年月日 `yyyyMMdd`.
    pub created: String,
    /// 送付元機関.
    pub sender: Identifier,
    /// 送付先機関.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<Identifier>,
    /// 実施区分: 1 特定健診, 2 特定保健指導, …
    pub service: String,
    /// 総ファイル数.
    pub records: u32,
}

/// 集計情報ファイル (su08): what all claims of an archive come to, in yen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// 実施区分.
    pub service: String,
    /// 受診者数.
    pub subjects: u32,
    /// The sums.
    #[serde(flatten)]
    pub amounts: Amounts,
}

/// Sums of one claim or of all, in yen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Amounts {
    /// 単価合計.
    pub cost: u64,
    /// 窓口負担額.
    pub payment: u64,
    /// 他健診負担額.
    pub by_other_program: u64,
    /// 請求額.
    pub claim: u64,
}

impl Amounts {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            cost: self.cost.saturating_add(other.cost),
            payment: self.payment.saturating_add(other.payment),
            by_other_program: self.by_other_program.saturating_add(other.by_other_program),
            claim: self.claim.saturating_add(other.claim),
        }
    }
}

impl Index {
    pub(crate) fn read(tree: &Tree<'_>) -> Self {
        let root = tree.root();
        let id = |name| {
            let id = tree.at(root, &[name, "id"])?;
            let text = |attribute| tree.attribute(id, attribute).unwrap_or_default().to_owned();
            Some(Identifier { root: text("root"), extension: text("extension") })
        };
        Self {
            interaction: attribute(tree, root, "interactionType", "code"),
            created: attribute(tree, root, "creationTime", "value"),
            sender: id("sender").unwrap_or_else(|| Identifier::new("", "")),
            receiver: id("receiver"),
            service: attribute(tree, root, "serviceEventType", "code"),
            records: attribute(tree, root, "totalRecordCount", "value").parse().unwrap_or(0),
        }
    }

    /// The file in the namespace of a generation.
    pub fn to_xml(&self, generation: Generation) -> String {
        let mut xml = XmlWriter::around("index", "./XSD/ix08_V08.xsd", generation);
        xml.empty("interactionType", &[("code", Some(&self.interaction))]);
        xml.empty("creationTime", &[("value", Some(&self.created))]);
        for (name, id) in [("sender", Some(&self.sender)), ("receiver", self.receiver.as_ref())] {
            let Some(id) = id else { continue };
            xml.open(name, &[]);
            xml.empty("id", &[("root", Some(&id.root)), ("extension", Some(&id.extension))]);
            xml.close();
        }
        xml.empty("serviceEventType", &[("code", Some(&self.service))]);
        xml.empty("totalRecordCount", &[("value", Some(&self.records.to_string()))]);
        xml.finish()
    }
}

impl Summary {
    pub(crate) fn read(tree: &Tree<'_>) -> Self {
        let root = tree.root();
        let amount = |name| attribute(tree, root, name, "value").parse().unwrap_or(0);
        Self {
            service: attribute(tree, root, "serviceEventType", "code"),
            subjects: attribute(tree, root, "totalSubjectCount", "value").parse().unwrap_or(0),
            amounts: Amounts {
                cost: amount("totalCostAmount"),
                payment: amount("totalPaymentAmount"),
                by_other_program: amount("totalPaymentByOtherProgram"),
                claim: amount("totalClaimAmount"),
            },
        }
    }

    /// The file in the namespace of a generation.
    pub fn to_xml(&self, generation: Generation) -> String {
        let mut xml = XmlWriter::around("summary", "./XSD/su08_V08.xsd", generation);
        xml.empty("serviceEventType", &[("code", Some(&self.service))]);
        xml.empty("totalSubjectCount", &[("value", Some(&self.subjects.to_string()))]);
        let Amounts { cost, payment, by_other_program, claim } = self.amounts;
        let other = Some(by_other_program).filter(|amount| *amount > 0);
        for (name, amount) in [
            ("totalCostAmount", Some(cost)),
            ("totalPaymentAmount", Some(payment)),
            ("totalPaymentByOtherProgram", other),
            ("totalClaimAmount", Some(claim)),
        ] {
            if let Some(amount) = amount {
                xml.empty(name, &[("value", Some(&amount.to_string()))]);
            }
        }
        xml.finish()
    }
}

fn attribute(tree: &Tree<'_>, id: Id, child: &str, name: &str) -> String {
    let child = tree.child(id, child);
    child.and_then(|child| tree.attribute(child, name)).unwrap_or_default().trim().to_owned()
}
