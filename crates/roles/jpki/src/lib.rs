//! 公的個人認証サービス: certificates, revocation, certificate to code.

pub mod ca;
