//! 決済情報 (cc08): what one check costs, who pays which part of it.

mod check;
mod read;
mod write;

pub(crate) use check::Subject;
use serde::Serialize;

use crate::{
    exchange::Amounts,
    model::{Address, Code, Identifier},
};

/// 特定健診決済情報ファイル (cc08): the claim for one check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Claim {
    /// 実施区分.
    pub service: String,
    /// 健診機関番号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub institution: Option<Identifier>,
    /// 保険者番号, 記号, 番号, each under its own root.
    pub insured: Vec<Identifier>,
    /// 氏名.
    pub name: String,
    /// 住所.
    pub address: Address,
    /// 生年月日 `yyyyMMdd`, as the file writes it.
    pub birth: String,
    /// 男女区分.
    pub sex: String,
    /// 受診券情報.
    pub ticket: ClaimTicket,
    /// 請求区分: 1 basic alone, …
    pub kind: String,
    /// 委託料単価区分: 1 個別健診, 2 集団健診.
    pub commission: String,
    /// 単価: one for the basic check, one for each detailed or additional item.
    pub prices: Vec<Price>,
    /// 窓口負担: what the person paid for each part.
    pub payments: Vec<Payment>,
    /// The sums.
    pub amounts: Amounts,
    /// 代行機関処理結果.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<Adjudication>,
    /// 保険者処理結果.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insurer: Option<Adjudication>,
}

/// 受診券: its number and what it says of the person's share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ClaimTicket {
    /// 受診券整理番号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Identifier>,
    /// 有効期限 `yyyyMMdd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// 窓口負担, part by part.
    pub shares: Vec<(Part, Share)>,
    /// 人間ドック 自己負担.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_dock: Option<Share>,
    /// 人間ドック 保険者負担上限額, in yen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_dock_limit: Option<String>,
}

/// A part of a check that is paid for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// 基本的な健診.
    Basic,
    /// 詳細な健診.
    Detail,
    /// 追加健診.
    Other,
}

/// 負担: nothing, an amount, a rate, or what lies above a limit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Share {
    /// 窓口負担コード: 1 none, 2 an amount, 3 a rate, 4 above the insurer's limit.
    pub code: String,
    /// The yen, as the file writes them (six digits).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The per cent, as the file writes them (six digits).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

/// 単価.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// What it is the price of.
    pub part: Part,
    /// Yen.
    pub yen: u64,
    /// 詳細な健診項目 (a number of the field's table), or an additional item's code; none for the basic check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Code>,
}

/// 窓口負担額.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// What was paid for.
    pub part: Part,
    /// Yen.
    pub yen: u64,
}

/// What an agency or an insurer did with a claim: 返戻, 過誤.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Adjudication {
    /// 種別.
    pub interaction: String,
    /// 記録日 `yyyyMMdd`.
    pub date: String,
    /// 理由コード.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Part {
    /// All, in the order of the schema.
    pub(super) const ALL: [Self; 3] = [Self::Basic, Self::Detail, Self::Other];

    fn charge(self) -> &'static str {
        match self {
            Self::Basic => "chargeTypeBasic",
            Self::Detail => "chargeTypeDetail",
            Self::Other => "chargeTypeOther",
        }
    }

    fn price(self) -> &'static str {
        match self {
            Self::Basic => "unitPriceBasic",
            Self::Detail => "unitPriceDetail",
            Self::Other => "unitPriceOther",
        }
    }

    fn payment(self) -> &'static str {
        match self {
            Self::Basic => "paymentForBasic",
            Self::Detail => "paymentForDetail",
            Self::Other => "paymentForOther",
        }
    }
}

impl Claim {
    /// The number of a kind: insurer, symbol or number.
    pub fn insured(&self, root: &str) -> Option<&str> {
        self.insured.iter().find(|id| id.root == root).map(|id| id.extension.as_str())
    }
}
