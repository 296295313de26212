//! Receiving people: the card is read, the reader is believed or not, the visit is written, the question asked.

use calendar::Date;
use codes::ExchangeId;
use ledger::Entry;
use protocol::{
    Sealed,
    eligibility::{CheckRequest, Presented},
    reader::{CardRead, NumberChoice, ReadOrder, ReaderMode, Road},
};
use serde_json::json;

use super::{NumberEntry, Service, statement};
use crate::error::DeskError;
use crate::model::{Door, Shown};
use crate::store::{FolderRequest, NewVisit};

/// What a clerk orders at the reader.
#[derive(Clone)]
pub struct CardOrder {
    /// The card in the tray; empty for a reader that holds one card.
    pub card: String,
    /// How to verify the bearer.
    pub mode: ReaderMode,
    /// Which road to read for.
    pub road: Road,
    /// The four digits that the person typed, in PIN mode. Handed to the card, kept nowhere.
    pub pin: Option<String>,
}

/// What is about to become a visit.
struct Arrival {
    exchange: ExchangeId,
    presented: Presented,
    on: Date,
    door: Door,
    shown: Shown,
    read: Option<CardRead>,
    /// The card's own ticket, when the person chose a further number.
    ticket: Option<Sealed>,
    folder: Option<FolderRequest>,
}

impl Service {
    /// The further medical numbers on a card in the tray.
    pub fn numbers(&self, card: &str) -> Vec<u16> {
        self.reader.as_ref().map(|reader| reader.numbers(card)).unwrap_or_default()
    }

    /// Receives a person by card and asks the eligibility service. Answers the visit, whatever came of the
    /// question: see [`Visit::question`](crate::model::Visit).
    ///
    /// # Errors
    /// When the card could not be read or the reader is not believed: then nothing is recorded. When the store
    /// or the ledger fails.
    pub async fn receive_card(&self, door: Door, order: CardOrder) -> Result<ExchangeId, DeskError> {
        self.receive_card_for(door, order, NumberChoice::Ordinary).await
    }

    /// [`Self::receive_card`] for the medical number that the person chose (どの番号で受診しますか). A further number is read
    /// from the applet, whichever road was ordered.
    ///
    /// # Errors
    /// As [`Self::receive_card`]; a card that does not hold the number.
    pub async fn receive_card_for(
        &self,
        door: Door,
        order: CardOrder,
        number: NumberChoice,
    ) -> Result<ExchangeId, DeskError> {
        let reader = self.reader.clone().ok_or(DeskError::NoReader)?;
        let (peer, _) = self.eligibility()?;
        let road = if number == NumberChoice::Ordinary { order.road } else { Road::InsuranceCode };
        let mode = order.mode;
        let read_order = ReadOrder {
            institution: self.org,
            terminal: self.terminal.clone(),
            mode,
            pin: order.pin.filter(|_| mode == ReaderMode::Pin),
            road,
            nonce: rand::random(),
            at: self.now(),
            eligibility: peer.key,
            eligibility_id: peer.id,
        };
        let enrolled = reader.device_keys();
        // A chip takes its time; the desk's other work goes on meanwhile.
        let ((read, ticket), read_order) = tokio::task::spawn_blocking(move || {
            reader.read_for(&order.card, &read_order, number).map(|read| (read, read_order))
        })
        .await
        .map_err(|_| DeskError::NoReader)??;
        statement::verify(&read, &read_order, &enrolled).map_err(DeskError::Statement)?;
        let shown = match road {
            Road::InsuranceCode => Shown::CardCode(mode),
            Road::Certificate => Shown::CardCertificate(mode),
        };
        let exchange = ExchangeId::new(self.now().as_millis());
        let presented = read.presented.clone();
        let on = self.today();
        let read = Some(read);
        self.receive(Arrival { exchange, presented, on, door, shown, read, ticket, folder: None }).await
    }

    /// Receives a person by symbol and number. A repeated `exchange` with the same entry is the same visit.
    ///
    /// # Errors
    /// [`DeskError::Fields`], [`DeskError::ExchangeTaken`], or when the store or the ledger fails.
    pub async fn receive_number(
        &self,
        door: Door,
        entry: &NumberEntry,
        exchange: Option<ExchangeId>,
    ) -> Result<ExchangeId, DeskError> {
        let read = entry.read(self.today()).map_err(DeskError::Fields)?;
        if let Some(known) = exchange
            && let Some(visit) = self.store.visit(known).await?
        {
            let request = &visit.question.request;
            let same = request.presented == read.presented && request.on == read.on;
            return if same { Ok(known) } else { Err(DeskError::ExchangeTaken) };
        }
        let exchange = exchange.unwrap_or_else(|| ExchangeId::new(self.now().as_millis()));
        let shown = Shown::Number;
        self.receive(Arrival {
            exchange,
            presented: read.presented,
            on: read.on,
            door,
            shown,
            read: None,
            ticket: None,
            folder: None,
        })
        .await
    }

    /// Receives what a request file asks.
    pub(super) async fn receive_file(
        &self,
        presented: Presented,
        on: Date,
        folder: FolderRequest,
    ) -> Result<ExchangeId, DeskError> {
        let exchange = ExchangeId::new(self.now().as_millis());
        let (door, shown) = (Door::Folder, Shown::Number);
        let (read, ticket, folder) = (None, None, Some(folder));
        self.receive(Arrival { exchange, presented, on, door, shown, read, ticket, folder }).await
    }

    async fn receive(&self, arrival: Arrival) -> Result<ExchangeId, DeskError> {
        let exchange = arrival.exchange;
        let request = self.request(exchange, arrival.presented, arrival.on, None);
        let entry = self.record_question(&request, arrival.door, arrival.shown).await?;
        let now = self.now();
        let (face_name, statement) = match arrival.read {
            Some(read) => (Some(read.face_name).filter(|name| !name.is_empty()), Some(read.statement)),
            None => (None, None),
        };
        self.store
            .insert_visit(NewVisit {
                request,
                door: arrival.door,
                shown: arrival.shown,
                face_name,
                statement,
                received_at: now,
                entry,
                retry_at: self.lease_until(),
                ticket: arrival.ticket,
                folder: arrival.folder,
            })
            .await?;
        self.attempt(exchange).await?;
        Ok(exchange)
    }

    pub(super) fn request(
        &self,
        exchange: ExchangeId,
        presented: Presented,
        on: Date,
        known_at: Option<calendar::Timestamp>,
    ) -> CheckRequest {
        let (institution, terminal) = (self.org, self.terminal.clone());
        CheckRequest { exchange, institution, terminal, on, known_at, presented }
    }

    /// The own ledger's entry, durable before the question leaves (DESIGN law 4).
    pub(super) async fn record_question(
        &self,
        request: &CheckRequest,
        door: Door,
        shown: Shown,
    ) -> Result<ledger::Receipt, DeskError> {
        let statement = match &request.presented {
            Presented::InsuranceCode { proof, .. } | Presented::Certificate { proof, .. } => {
                Some(proof.statement.clone())
            }
            Presented::InsuredPerson { .. } => None,
        };
        let body = json!({
            "act": "eligibility.check",
            "purpose": "treatment-reception",
            "terminal": request.terminal,
            "on": request.on,
            "known_at": request.known_at,
            "door": format!("{door:?}").to_lowercase(),
            "shown": format!("{shown:?}").to_lowercase(),
            "statement": statement,
        });
        let entry = Entry {
            kind: "institution.check",
            person: None,
            exchange: request.exchange,
            at: self.now().as_millis(),
            body: body.to_string().into_bytes(),
        };
        Ok(self.ledger.append(entry).await?)
    }
}
