//! Who: the one who asks, and how a rule names those it is about.

use codes::OrgId;
use serde::{Deserialize, Serialize};

use crate::text::name_type;
use crate::words::words;

name_type! {
    /// A care team (ケアチーム) of the person.
    TeamId, "team", 128
}
name_type! {
    /// A regional network (地域医療連携ネットワーク).
    NetworkId, "network", 128
}
name_type! {
    /// A member of staff, by the name that the organisation gives them (職員).
    StaffId, "staff", 128
}

words! {
    /// Profession (職種).
    Profession, "profession" {
        /// Physician.
        Physician = "physician", "医師", "physician";
        /// Dentist.
        Dentist = "dentist", "歯科医師", "dentist";
        /// Pharmacist.
        Pharmacist = "pharmacist", "薬剤師", "pharmacist";
        /// Nurse.
        Nurse = "nurse", "看護師", "nurse";
        /// Public health nurse.
        PublicHealthNurse = "public-health-nurse", "保健師", "public health nurse";
        /// Midwife.
        Midwife = "midwife", "助産師", "midwife";
        /// Physical, occupational or speech therapist.
        Therapist = "therapist", "理学・作業・言語療法士", "therapist";
        /// Radiological or laboratory technologist.
        Technologist = "technologist", "診療放射線技師・臨床検査技師", "technologist";
        /// Registered dietitian.
        Dietitian = "dietitian", "管理栄養士", "dietitian";
        /// Psychologist.
        Psychologist = "psychologist", "公認心理師", "psychologist";
        /// Paramedic of an ambulance.
        Paramedic = "paramedic", "救急救命士", "paramedic";
        /// Care manager.
        CareManager = "care-manager", "介護支援専門員", "care manager";
        /// Care worker.
        CareWorker = "care-worker", "介護職員", "care worker";
        /// Social worker.
        SocialWorker = "social-worker", "社会福祉士・医療ソーシャルワーカー", "social worker";
        /// Clerk.
        Clerk = "clerk", "事務職員", "clerk";
        /// Researcher.
        Researcher = "researcher", "研究者", "researcher";
        /// Nobody's profession: the person asks for the person's own record, or lets an app do so.
        Oneself = "oneself", "本人", "the person";
    }
}

impl Profession {
    /// The code system of [`Self::code`], ours; `docs/fhir/consent.md`.
    pub const SYSTEM: &'static str = "https://musubi.example/fhir/CodeSystem/profession";
}

words! {
    /// Kind of institution (機関の種類).
    InstitutionKind, "kind of institution" {
        /// Hospital.
        Hospital = "hospital", "病院", "hospital";
        /// Clinic.
        Clinic = "clinic", "診療所", "clinic";
        /// Dental clinic.
        Dental = "dental", "歯科診療所", "dental clinic";
        /// Pharmacy.
        Pharmacy = "pharmacy", "薬局", "pharmacy";
        /// Home-visit nursing station.
        HomeNursing = "home-nursing", "訪問看護ステーション", "home-visit nursing station";
        /// Provider of care.
        CareProvider = "care-provider", "介護事業者", "care provider";
        /// Ambulance service.
        Ambulance = "ambulance", "救急隊", "ambulance service";
        /// Public health centre or municipality.
        PublicHealth = "public-health", "保健所・市町村", "public health office";
        /// Insurer.
        Insurer = "insurer", "医療保険者", "insurer";
        /// Research body.
        Research = "research", "研究機関", "research body";
        /// Portal: the person themself.
        Portal = "portal", "ポータル（本人）", "portal (the person)";
    }
}

impl InstitutionKind {
    /// The code system of [`Self::code`], ours; `docs/fhir/consent.md`.
    pub const SYSTEM: &'static str = "https://musubi.example/fhir/CodeSystem/institution-kind";
}

/// One who asks (照会者), as the one who decides has verified them; nothing of it is the asker's own claim alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asker {
    /// The organisation.
    pub organisation: OrgId,
    /// What kind of institution it is.
    pub kind: InstitutionKind,
    /// The profession of the member of staff who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profession: Option<Profession>,
    /// That member of staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<StaffId>,
    /// Teams that the asker belongs to, beyond those of the person's own [`Consents`](crate::Consents).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<TeamId>,
    /// Networks that the organisation is a member of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<NetworkId>,
}

impl Asker {
    /// An asker of whom only organisation and kind are known.
    #[must_use]
    pub const fn new(organisation: OrgId, kind: InstitutionKind) -> Self {
        Self { organisation, kind, profession: None, person: None, teams: Vec::new(), networks: Vec::new() }
    }
}

/// Whom a rule is about (相手): everything that is said must hold; nothing said means anyone.
///
/// "The physicians of this hospital" is one `Who` with two things said; "this hospital or that pharmacy" is two of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// This organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrgId>,
    /// Organisations of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<InstitutionKind>,
    /// People of this profession.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profession: Option<Profession>,
    /// This member of staff; name the organisation along, or anyone of that name is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<StaffId>,
    /// Members of a care team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<InTeam>,
    /// Members of this network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkId>,
}

/// Which care team.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InTeam {
    /// Any team that the person's own [`Consents`](crate::Consents) name.
    Any,
    /// This one.
    Named(TeamId),
}

impl Who {
    /// Anyone.
    #[must_use]
    pub fn anyone() -> Self {
        Self::default()
    }

    /// An organisation.
    #[must_use]
    pub fn organisation(organisation: OrgId) -> Self {
        Self { organisation: Some(organisation), ..Self::default() }
    }

    /// Organisations of a kind.
    #[must_use]
    pub fn kind(kind: InstitutionKind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// People of a profession.
    #[must_use]
    pub fn profession(profession: Profession) -> Self {
        Self { profession: Some(profession), ..Self::default() }
    }

    /// A member of staff of an organisation.
    #[must_use]
    pub fn person(organisation: OrgId, person: StaffId) -> Self {
        Self { organisation: Some(organisation), person: Some(person), ..Self::default() }
    }

    /// Members of a team.
    #[must_use]
    pub fn team(team: TeamId) -> Self {
        Self { team: Some(InTeam::Named(team)), ..Self::default() }
    }

    /// Members of a network.
    #[must_use]
    pub fn network(network: NetworkId) -> Self {
        Self { network: Some(network), ..Self::default() }
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_anyone(&self) -> bool {
        *self == Self::default()
    }
}
