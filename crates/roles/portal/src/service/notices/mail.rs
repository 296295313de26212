//! E-mail: one letter that says that something is in the inbox, and one with a code. No link, no name, no sender, no kind: what a
//! stranger reads over a shoulder tells nothing, and a letter with a link would teach people to follow one.

use std::path::PathBuf;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use ring::rand::{SecureRandom, SystemRandom};

/// How e-mail leaves.
#[derive(Clone, Debug)]
pub enum MailRoad {
    /// Through a server, over TLS.
    Smtp(Smtp),
    /// Into a folder, a file a letter, which another program sends or a person reads (the town).
    Outbox {
        /// The folder.
        folder: PathBuf,
        /// Who the letters are from.
        from: String,
    },
}

/// A server that takes letters.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port: 465 for TLS from the start, any other for STARTTLS, which is required.
    pub port: u16,
    /// Name and password; none for a server that knows us otherwise.
    pub login: Option<(String, String)>,
    /// Who the letters are from.
    pub from: String,
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The letter could not be made.
    #[error("the letter cannot be made: {0}")]
    Letter(String),
    /// The server did not take it.
    #[error("the mail server: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
    /// The folder.
    #[error("the outbox: {0}")]
    Outbox(#[from] std::io::Error),
}

/// Subject and text.
pub(super) struct Letter {
    subject: &'static str,
    text: String,
}

/// The letter that something is in the inbox.
pub(super) fn word_letter() -> Letter {
    Letter {
        subject: "お知らせがあります / You have a notice",
        text: "マイ・ポータルに、あなたへのお知らせが届いています。\n\
               いつもの方法でポータルを開いて、お読みください。このメールから開く必要はありません（リンクはありません）。\n\
               ポータルが、メールや電話で暗証番号をお尋ねすることはありません。\n\n\
               There is a notice for you in your portal. Open the portal as you always do; this mail has no link.\n\
               The portal never asks for your PIN by mail or telephone.\n"
            .to_owned(),
    }
}

/// The letter with the code that shows whose an address is.
pub(super) fn code_letter(code: &str) -> Letter {
    Letter {
        subject: "確認番号 / Your code",
        text: format!(
            "確認番号: {code}\n\
             ポータルの「お知らせの受け取り方」の画面に、30分以内に入れてください。\n\
             心当たりがなければ、何もしないでください。この番号をだれにも教えないでください。\n\n\
             Your code: {code}\n\
             Type it in the portal within 30 minutes. If you did not ask for it, do nothing. Tell it to nobody.\n"
        ),
    }
}

/// An address as it may be written to.
pub(super) fn address(text: &str) -> Option<String> {
    let address: Address = text.trim().parse().ok()?;
    (address.as_ref() as &str).is_ascii().then(|| address.to_string())
}

impl MailRoad {
    /// Sends a letter.
    ///
    /// # Errors
    /// [`MailError`].
    pub(super) async fn send(&self, to: &str, letter: Letter) -> Result<(), MailError> {
        let unmade = |error: &dyn std::fmt::Display| MailError::Letter(error.to_string());
        let from: Mailbox = self.from().parse().map_err(|error| unmade(&error))?;
        let to: Mailbox = to.parse().map_err(|error| unmade(&error))?;
        let message = Message::builder()
            .from(from)
            .to(to)
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|error| unmade(&error))?;
        match self {
            Self::Smtp(smtp) => {
                smtp.transport()?.send(message).await?;
                Ok(())
            }
            Self::Outbox { folder, .. } => put_out(folder, &message.formatted()).await,
        }
    }

    fn from(&self) -> &str {
        match self {
            Self::Smtp(smtp) => &smtp.from,
            Self::Outbox { from, .. } => from,
        }
    }
}

impl Smtp {
    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
        let builder = match self.port {
            465 => AsyncSmtpTransport::<Tokio1Executor>::relay(&self.host)?,
            _ => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&self.host)?,
        };
        let builder = match &self.login {
            Some((name, password)) => builder.credentials(Credentials::new(name.clone(), password.clone())),
            None => builder,
        };
        Ok(builder.port(self.port).build())
    }
}

/// A letter in the outbox: written whole, then named, so that nobody reads half of one.
async fn put_out(folder: &std::path::Path, letter: &[u8]) -> Result<(), MailError> {
    let mut bytes = [0; 12];
    SystemRandom::new().fill(&mut bytes).map_err(|_| std::io::Error::other("no random numbers"))?;
    let name = data_encoding::HEXLOWER.encode(&bytes);
    tokio::fs::create_dir_all(folder).await?;
    let half = folder.join(format!(".{name}"));
    tokio::fs::write(&half, letter).await?;
    tokio::fs::rename(&half, folder.join(format!("{name}.eml"))).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_none() {
        assert_eq!(address(" hana@example.jp ").as_deref(), Some("hana@example.jp"));
        for wrong in ["", "hana", "hana@", "a@b\r\nBcc: c@d", "花@例え.jp", "Hana <hana@example.jp>"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_letter_tells_nothing_but_that_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let road = MailRoad::Outbox { folder: folder.path().into(), from: "portal@musubi.example".into() };
        road.send("hana@example.jp", word_letter()).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
        assert!(text.contains("To: hana@example.jp") && text.contains("Content-Type: text/plain"), "{text}");
        assert!(!text.contains("http"), "{text}");
    }
}
