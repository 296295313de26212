//! Asking the eligibility service and the relay; when they are not there, the question waits and is asked again.

use calendar::Timestamp;
use codes::{ExchangeId, Medical, OrgCode};
use protocol::{
    eligibility::{CheckAnswer, CheckRequest},
    relay::{RegisterAnswer, RegisterRequest},
    sealed::purpose,
};
use tokio::time::timeout;
use wire::ClientError;

use super::Service;
use crate::error::DeskError;
use crate::model::{Door, Trouble};
use crate::oqs;
use crate::store::{FolderFile, Registration, Settled};

impl Service {
    /// Asks one waiting question once. What comes of it is durable when this returns.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn attempt(&self, exchange: ExchangeId) -> Result<(), DeskError> {
        let Some((request, attempts)) = self.store.take_question(exchange, self.lease_until()).await? else {
            return Ok(());
        };
        match self.ask(&request).await {
            Ok(answer) => self.accept(&request, answer).await,
            Err(failure) => self.put_off(&request, failure, attempts).await,
        }
    }

    /// Until when an attempt under way keeps others from trying the same.
    pub(super) fn lease_until(&self) -> Timestamp {
        let lease = self.patience.answer.saturating_mul(2).as_millis();
        self.now().add_millis(i64::try_from(lease).unwrap_or(i64::MAX))
    }

    async fn ask(&self, request: &CheckRequest) -> Result<CheckAnswer, Failure> {
        let (_, client) = self.eligibility().map_err(|error| Failure::Passing(Trouble::of(error)))?;
        match timeout(self.patience.answer, client.check(request)).await {
            Ok(Ok(answer)) if answer.exchange == request.exchange && answer.on == request.on => Ok(answer),
            Ok(Ok(_)) => Err(Failure::Final(Trouble::other_answer())),
            Ok(Err(error)) => Err(Failure::of(error)),
            Err(_) => Err(Failure::Passing(Trouble::unreachable())),
        }
    }

    /// Keeps the answer with the visit, and everything that follows from it, before anybody sees it.
    async fn accept(&self, request: &CheckRequest, mut answer: CheckAnswer) -> Result<(), DeskError> {
        let ticket = answer.medical_ticket.take();
        let has_ticket = ticket.is_some() || answer.presence.is_some();
        let registers = has_ticket && answer.person_code.is_some();
        let files = self.result_files(request, &answer).await?;
        let has_files = !files.is_empty();
        let exchange = answer.exchange;
        let settled = self.store.settle(Settled { answer, ticket, files, at: self.now() }).await?;
        if settled && registers {
            let registered = timeout(self.patience.registration, self.register(exchange)).await;
            registered.unwrap_or(Ok(()))?;
        }
        if settled && (registers || has_files) {
            self.wake.notify_one();
        }
        Ok(())
    }

    async fn put_off(
        &self,
        request: &CheckRequest,
        failure: Failure,
        attempts: u32,
    ) -> Result<(), DeskError> {
        let now = self.now();
        let (trouble, retry_at) = match failure {
            Failure::Passing(trouble) => (trouble, Some(self.patience.retry_at(now, attempts))),
            Failure::Final(trouble) => (trouble, None),
        };
        tracing::warn!(exchange = %request.exchange, code = trouble.code, attempts, "a check has no answer");
        let files = self.trouble_files(request, &trouble).await?;
        self.store.unsettled(request.exchange, trouble, retry_at, files, now).await?;
        self.wake.notify_one();
        Ok(())
    }

    /// The files that the receipt computer gets of an answer: the result of its request, or of a card read here.
    async fn result_files(
        &self,
        request: &CheckRequest,
        answer: &CheckAnswer,
    ) -> Result<Vec<FolderFile>, DeskError> {
        let Some(folders) = &self.oqs else { return Ok(Vec::new()) };
        let Some(visit) = self.store.visit(request.exchange).await? else { return Ok(Vec::new()) };
        let patient = match answer.person_code {
            Some(person) => self.store.linked_patient(person).await?,
            None => None,
        };
        let file = match visit.door {
            Door::Folder => {
                let Some(context) = self.store.request_context(request.exchange).await? else {
                    return Ok(Vec::new());
                };
                Some(oqs::result_file(&self.code, &context, answer, patient.as_ref()))
            }
            Door::Desk | Door::Api => visit.shown.mode().map(|_| {
                oqs::face_file(&self.code, folders.charset, request.exchange, answer, patient.as_ref())
            }),
        };
        Ok(file.into_iter().collect())
    }

    async fn trouble_files(
        &self,
        request: &CheckRequest,
        trouble: &Trouble,
    ) -> Result<Vec<FolderFile>, DeskError> {
        if self.oqs.is_none() {
            return Ok(Vec::new());
        }
        let context = self.store.request_context(request.exchange).await?;
        let file = |context| oqs::trouble_file(&self.code, &context, trouble, request.on, self.now());
        Ok(context.map(file).into_iter().collect())
    }

    /// Uses a ticket at the relay, once. The ticket lives five minutes: after that it is forgotten.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn register(&self, exchange: ExchangeId) -> Result<(), DeskError> {
        let Some(registration) = self.store.take_registration(exchange, self.lease_until()).await? else {
            return Ok(());
        };
        match self.ask_relay(&registration).await {
            Ok((code, receipt)) => {
                self.store.registered(registration, code, receipt, self.now()).await?;
            }
            Err(failure) => {
                let now = self.now();
                let alive = now.as_seconds() < registration.ticket.context.expires_at;
                let (trouble, retry_at) = match failure {
                    Failure::Passing(trouble) if alive => (trouble, Some(self.patience.retry_at(now, 1))),
                    Failure::Passing(trouble) | Failure::Final(trouble) => (trouble, None),
                };
                tracing::warn!(%exchange, code = trouble.code, "a registration has no answer");
                self.store.unregistered(exchange, trouble, retry_at).await?;
            }
        }
        Ok(())
    }

    async fn ask_relay(
        &self,
        registration: &Registration,
    ) -> Result<(OrgCode<Medical>, ledger::Receipt), Failure> {
        let (_, client) = self.relay().map_err(|error| Failure::Passing(Trouble::of(error)))?;
        let request = RegisterRequest {
            exchange: registration.ticket.context.exchange,
            institution: self.org,
            ticket: registration.ticket.clone(),
            presence: registration.presence.clone(),
        };
        let answer = client.register(&request).await.map_err(Failure::of)?;
        let code = self.open_code(&answer).ok_or_else(|| Failure::Final(Trouble::other_answer()))?;
        Ok((code, answer.receipt))
    }

    /// The medical code inside the relay's envelope, when it was sealed to us, for this, and holds one.
    fn open_code(&self, answer: &RegisterAnswer) -> Option<OrgCode<Medical>> {
        let context = &answer.code.context;
        if context.recipient != self.org
            || !answer.code.is_current(purpose::ORG_CODE, self.now().as_seconds())
        {
            return None;
        }
        let opened = answer.code.open(&*self.custody).ok()?;
        let bytes: [u8; 17] = opened.as_slice().try_into().ok()?;
        Some(OrgCode::from_bytes(bytes))
    }
}

/// Why there is no answer.
enum Failure {
    /// Asking again later may help.
    Passing(Trouble),
    /// Asking the same again would not help.
    Final(Trouble),
}

impl Failure {
    fn of(error: ClientError) -> Self {
        let passing = error.is_passing();
        match error {
            ClientError::Problem { problem, .. } if !passing && problem.status().is_client_error() => {
                let parts = problem.parts();
                Self::Final(Trouble {
                    code: parts.code.clone(),
                    ja: parts.title_ja.clone(),
                    en: parts.title_en.clone(),
                    next_ja: parts.detail_ja.clone(),
                    next_en: parts.detail_en.clone(),
                })
            }
            other => {
                tracing::warn!(error = %other, "a role could not be asked");
                Self::Passing(Trouble::unreachable())
            }
        }
    }
}

impl Trouble {
    fn unreachable() -> Self {
        Self {
            code: "unreachable".into(),
            ja: "資格確認サービスにつながりません。".into(),
            en: "The eligibility service cannot be reached.".into(),
            next_ja: "受付は「未確認」として記録しました。つながり次第、自動で確認します。お急ぎの場合は、資格確認書などの記載で受付を進めてください。".into(),
            next_en: "The visit is recorded as unconfirmed and will be checked by itself as soon as the service answers. If it cannot wait, go on with what the certificate says.".into(),
        }
    }

    fn other_answer() -> Self {
        Self {
            code: "other-answer".into(),
            ja: "照会と異なる回答が返ったため、表示していません。".into(),
            en: "The answer was to another question and is not shown.".into(),
            next_ja: "もう一度カードを読み取ってください。続く場合はシステム管理者に連絡してください。"
                .into(),
            next_en: "Read the card again; if this stays, call the administrator.".into(),
        }
    }

    fn of(error: DeskError) -> Self {
        let problem = wire::Problem::from(error);
        let parts = problem.parts();
        Self {
            code: parts.code.clone(),
            ja: parts.title_ja.clone(),
            en: parts.title_en.clone(),
            next_ja: parts.detail_ja.clone(),
            next_en: parts.detail_en.clone(),
        }
    }
}
