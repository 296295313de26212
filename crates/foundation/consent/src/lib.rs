//! What a person permits: the model and its decision.
//!
//! A person's [`Rule`]s say who may see what, for what purpose, from when until when; a rule permits or denies.
//! [`Consents`] is the whole will with its history: nothing is deleted, and the status at any past instant can be
//! asked. A decision is pure and total and says by which rule it was made:
//!
//! 1. Who has ended the sharing ([`OptOut`]) is not asked about, save by themself.
//! 2. A refusal that reaches the question stands, unless a permission that reaches it too is more specific: it says at
//!    least as much about everything (whom, what, what for, how long) and more about something. Where neither rule is
//!    the more specific, the refusal wins.
//! 3. What no rule permits is refused. [`law`] lists what law permits unless the person objects.
//!
//! A relay that holds no records decides as far as it can and leaves a [`Restriction`] for the holder.

mod compiled;
mod consents;
mod decision;
pub mod fhir;
mod item;
pub mod law;
mod proxy;
mod reason;
mod restriction;
mod rule;
mod scope;
pub mod template;
mod text;
mod who;
mod words;

pub use compiled::Compiled;
pub use consents::{CareTeam, Consents, ConsentsError, Incapacity, Moment, OptOut};
pub use decision::{Decision, Verdict, Why};
pub use item::{Categories, Category, Item, Label, Labels};
pub use proxy::{Act, Beyond, Proxy, ProxyAct, ProxyId, ProxyKind};
pub use reason::{ActReason, Purposes};
pub use restriction::Restriction;
pub use rule::{Author, Effect, GivenBy, RecordId, Rule, RuleId, TemplateVersion, What};
pub use text::NameError;
pub use who::{Asker, InTeam, InstitutionKind, NetworkId, Profession, StaffId, TeamId, Who};
pub use words::UnknownWord;
