//! Every kind of finding: its words in two languages, its code and gravity.

use super::{Issue, MOST_ISSUES, Run, Severity};
use crate::tree::Text;

/// Where in the document something is: names on the way, written out only when there is something to say.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub up: Option<&'p Place<'p>>,
    pub name: &'p str,
    pub index: Option<usize>,
}

impl<'p> Place<'p> {
    pub fn root(name: &'p str) -> Self {
        Place { up: None, name, index: None }
    }

    pub fn inner<'q>(&'q self, name: &'q str, index: Option<usize>) -> Place<'q> {
        Place { up: Some(self), name, index }
    }

    fn write(&self, out: &mut String) {
        if let Some(up) = self.up {
            up.write(out);
            out.push('.');
        }
        out.push_str(self.name);
        if let Some(index) = self.index {
            out.push_str(&format!("[{index}]"));
        }
    }
}

/// What may be found.
pub(super) enum Problem<'x> {
    NotAResource,
    UnknownType(&'x str),
    UnknownProfile(&'x str),
    WrongProfile { profile: &'x str, of: &'x str },
    BrokenDefinition { url: &'x str, why: &'x str },
    UnknownKey(&'x str),
    TypeNotAllowed(&'x str),
    TooFew { name: &'x str, min: usize, found: usize },
    TooMany { name: &'x str, max: usize, found: usize },
    SliceTooFew { slice: &'x str, min: usize, found: usize },
    SliceTooMany { slice: &'x str, max: usize, found: usize },
    NoSlice,
    SliceOrder,
    SliceNotDecided { slice: &'x str, why: &'x str },
    NotAList,
    AList,
    EmptyList,
    NullValue,
    NotAnObject,
    Empty,
    Form { of: &'x str, value: &'x str },
    TooLong { max: usize, found: usize },
    OutOfRange { limit: &'x str, least: bool },
    NotFixed(&'x str),
    NotPattern(&'x str),
    CodeNotInSet { code: &'x str, set: &'x str, extensible: bool },
    NoCode { set: &'x str, extensible: bool },
    CodeNotDecided { code: &'x str, set: &'x str },
    ReferenceType { of: &'x str, wanted: &'x str },
    ReferenceUnresolved { reference: &'x str, document: bool },
    ReferenceProfile(&'x str),
    NoProfileFits(&'x str),
    UnknownExtension { url: &'x str, modifier: bool },
    ExtensionContext { url: &'x str, wanted: &'x str },
    ExtensionPlace { url: &'x str, modifier: bool },
    Narrative(&'x str),
    Invariant { human: &'x str, error: bool },
    InvariantNotDecided(&'x str),
    TooDeep,
}

impl Problem<'_> {
    fn severity(&self) -> Severity {
        match self {
            Problem::CodeNotInSet { extensible: true, .. }
            | Problem::NoCode { extensible: true, .. }
            | Problem::Invariant { error: false, .. }
            | Problem::ReferenceUnresolved { document: false, .. }
            | Problem::ExtensionContext { .. }
            | Problem::UnknownProfile(_) => Severity::Warning,
            Problem::CodeNotDecided { .. }
            | Problem::InvariantNotDecided(_)
            | Problem::SliceNotDecided { .. }
            | Problem::BrokenDefinition { .. }
            | Problem::UnknownExtension { modifier: false, .. } => Severity::Information,
            _ => Severity::Error,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Problem::UnknownType(_) | Problem::CodeNotDecided { .. } | Problem::InvariantNotDecided(_) => {
                "not-supported"
            }
            Problem::UnknownProfile(_) | Problem::ReferenceUnresolved { .. } => "not-found",
            Problem::TooFew { .. } | Problem::SliceTooFew { .. } => "required",
            Problem::Form { .. }
            | Problem::TooLong { .. }
            | Problem::OutOfRange { .. }
            | Problem::NotFixed(_)
            | Problem::NotPattern(_)
            | Problem::Empty
            | Problem::NullValue => "value",
            Problem::CodeNotInSet { .. } | Problem::NoCode { .. } => "code-invalid",
            Problem::UnknownExtension { .. }
            | Problem::ExtensionPlace { .. }
            | Problem::ExtensionContext { .. } => "extension",
            Problem::Invariant { .. } => "invariant",
            Problem::TooDeep => "too-costly",
            _ => "structure",
        }
    }

    fn en(&self) -> String {
        match self {
            Problem::NotAResource => "not a resource: an object with a resourceType was expected".into(),
            Problem::UnknownType(of) => format!("{of} is not a resource type of R4"),
            Problem::UnknownProfile(url) => {
                format!("the profile {url} is not known here and was not checked")
            }
            Problem::WrongProfile { profile, of } => format!("the profile {profile} is not for {of}"),
            Problem::BrokenDefinition { url, why } => format!("the definition {url} cannot be used: {why}"),
            Problem::UnknownKey(key) => format!("{key} is not known here"),
            Problem::TypeNotAllowed(key) => format!("{key} is of a type that is not allowed here"),
            Problem::TooFew { name, min, found } => format!("{name}: at least {min} needed, {found} found"),
            Problem::TooMany { name, max, found } => format!("{name}: at most {max} allowed, {found} found"),
            Problem::SliceTooFew { slice, min, found } => {
                format!("slice {slice}: at least {min} needed, {found} found")
            }
            Problem::SliceTooMany { slice, max, found } => {
                format!("slice {slice}: at most {max} allowed, {found} found")
            }
            Problem::NoSlice => "fits none of the slices, and others are not allowed".into(),
            Problem::SliceOrder => "not in the order of the slices".into(),
            Problem::SliceNotDecided { slice, why } => {
                format!("whether this is slice {slice} cannot be decided: {why}")
            }
            Problem::NotAList => "a list was expected".into(),
            Problem::AList => "a single value was expected, not a list".into(),
            Problem::EmptyList => "a list may not be empty".into(),
            Problem::NullValue => "null has no meaning without extensions".into(),
            Problem::NotAnObject => "an object was expected".into(),
            Problem::Empty => "an element has a value or children (ele-1)".into(),
            Problem::Form { of, value } => format!("{value} is not a {of}"),
            Problem::TooLong { max, found } => format!("at most {max} characters allowed, {found} found"),
            Problem::OutOfRange { limit, least: true } => format!("less than {limit}"),
            Problem::OutOfRange { limit, least: false } => format!("more than {limit}"),
            Problem::NotFixed(value) => format!("must be exactly {value}"),
            Problem::NotPattern(value) => format!("must have {value}"),
            Problem::CodeNotInSet { code, set, .. } => {
                format!("the code {code} is not in the value set {set}")
            }
            Problem::NoCode { set, .. } => format!("a code of the value set {set} is needed"),
            Problem::CodeNotDecided { code, set } => {
                format!("whether {code} is in the value set {set} cannot be decided: a list is not here")
            }
            Problem::ReferenceType { of, wanted } => format!("leads to a {of}; allowed: {wanted}"),
            Problem::ReferenceUnresolved { reference, .. } => {
                format!("{reference} leads to no entry of the bundle")
            }
            Problem::ReferenceProfile(wanted) => format!("what it leads to follows none of {wanted}"),
            Problem::NoProfileFits(wanted) => format!("follows none of {wanted}"),
            Problem::UnknownExtension { url, modifier: false } => {
                format!("the extension {url} is not known here and was not checked")
            }
            Problem::UnknownExtension { url, modifier: true } => {
                format!("the extension {url} changes the meaning and is not known here")
            }
            Problem::ExtensionContext { url, wanted } => format!("the extension {url} is made for {wanted}"),
            Problem::ExtensionPlace { url, modifier: true } => {
                format!("the extension {url} changes the meaning: it belongs in modifierExtension")
            }
            Problem::ExtensionPlace { url, modifier: false } => {
                format!("the extension {url} does not change the meaning: it belongs in extension")
            }
            Problem::Narrative(why) => format!("the narrative: {why}"),
            Problem::Invariant { human, .. } => (*human).to_owned(),
            Problem::InvariantNotDecided(why) => format!("this invariant was not evaluated: {why}"),
            Problem::TooDeep => "too many resources inside each other".into(),
        }
    }

    fn ja(&self) -> String {
        match self {
            Problem::NotAResource => {
                "リソースではありません: resourceTypeを持つオブジェクトが必要です".into()
            }
            Problem::UnknownType(of) => format!("{of} はR4のリソース型ではありません"),
            Problem::UnknownProfile(url) => format!("プロファイル {url} の定義がないため検証していません"),
            Problem::WrongProfile { profile, of } => {
                format!("プロファイル {profile} は {of} のものではありません")
            }
            Problem::BrokenDefinition { url, why } => format!("定義 {url} を使えません: {why}"),
            Problem::UnknownKey(key) => format!("{key} はここでは使えません"),
            Problem::TypeNotAllowed(key) => format!("{key} の型はここでは許されていません"),
            Problem::TooFew { name, min, found } => format!("{name}: {min}個以上必要ですが{found}個です"),
            Problem::TooMany { name, max, found } => format!("{name}: {max}個までですが{found}個あります"),
            Problem::SliceTooFew { slice, min, found } => {
                format!("スライス {slice}: {min}個以上必要ですが{found}個です")
            }
            Problem::SliceTooMany { slice, max, found } => {
                format!("スライス {slice}: {max}個までですが{found}個あります")
            }
            Problem::NoSlice => "どのスライスにも当てはまりません".into(),
            Problem::SliceOrder => "スライスの順序と異なります".into(),
            Problem::SliceNotDecided { slice, why } => format!("スライス {slice} か判定できません: {why}"),
            Problem::NotAList => "配列が必要です".into(),
            Problem::AList => "配列ではなく一つの値が必要です".into(),
            Problem::EmptyList => "空の配列は許されません".into(),
            Problem::NullValue => "拡張のないnullには意味がありません".into(),
            Problem::NotAnObject => "オブジェクトが必要です".into(),
            Problem::Empty => "要素には値か子要素が必要です (ele-1)".into(),
            Problem::Form { of, value } => format!("{value} は {of} の形式ではありません"),
            Problem::TooLong { max, found } => format!("{max}文字までですが{found}文字あります"),
            Problem::OutOfRange { limit, least: true } => format!("{limit} より小さい値です"),
            Problem::OutOfRange { limit, least: false } => format!("{limit} より大きい値です"),
            Problem::NotFixed(value) => format!("{value} でなければなりません"),
            Problem::NotPattern(value) => format!("{value} を含まなければなりません"),
            Problem::CodeNotInSet { code, set, .. } => format!("コード {code} は値セット {set} にありません"),
            Problem::NoCode { set, .. } => format!("値セット {set} のコードが必要です"),
            Problem::CodeNotDecided { code, set } => {
                format!("コード {code} が値セット {set} にあるか、一覧がないため判定できません")
            }
            Problem::ReferenceType { of, wanted } => {
                format!("{of} への参照ですが、許されるのは {wanted} です")
            }
            Problem::ReferenceUnresolved { reference, .. } => {
                format!("参照 {reference} の先がBundleにありません")
            }
            Problem::ReferenceProfile(wanted) => format!("参照先は {wanted} のいずれにも従っていません"),
            Problem::NoProfileFits(wanted) => format!("{wanted} のいずれにも従っていません"),
            Problem::UnknownExtension { url, modifier: false } => {
                format!("拡張 {url} の定義がないため検証していません")
            }
            Problem::UnknownExtension { url, modifier: true } => {
                format!("意味を変える拡張 {url} の定義がありません")
            }
            Problem::ExtensionContext { url, wanted } => format!("拡張 {url} は {wanted} のためのものです"),
            Problem::ExtensionPlace { url, modifier: true } => {
                format!("拡張 {url} は意味を変えるためmodifierExtensionに置きます")
            }
            Problem::ExtensionPlace { url, modifier: false } => {
                format!("拡張 {url} は意味を変えないためextensionに置きます")
            }
            Problem::Narrative(why) => format!("叙述: {why}"),
            Problem::Invariant { human, .. } => format!("制約を満たしません: {human}"),
            Problem::InvariantNotDecided(why) => format!("この制約は評価できませんでした: {why}"),
            Problem::TooDeep => "リソースの入れ子が深すぎます".into(),
        }
    }
}

impl Run<'_> {
    /// Say what was found; when probing, only remember that it was.
    pub(super) fn report(
        &mut self,
        place: &Place<'_>,
        problem: &Problem<'_>,
        profile: Option<&Text>,
        rule: Option<&Text>,
    ) {
        let severity = problem.severity();
        self.failed |= severity == Severity::Error;
        // Where not all can be told, errors and what was not decided go before the rest.
        let first = severity == Severity::Error || matches!(problem, Problem::InvariantNotDecided(_));
        let room = if first { 2 * MOST_ISSUES } else { MOST_ISSUES };
        if self.probing || self.issues.len() >= room {
            return;
        }
        let mut path = String::new();
        place.write(&mut path);
        let en = problem.en();
        let key = rule.map_or_else(|| en.clone(), |rule| format!("{rule} {en}"));
        if self.said.insert((path.clone(), key)) {
            let (ja, code) = (problem.ja(), problem.code());
            self.issues.push(Issue {
                severity,
                code,
                path,
                ja,
                en,
                profile: profile.cloned(),
                rule: rule.cloned(),
            });
        }
    }
}
