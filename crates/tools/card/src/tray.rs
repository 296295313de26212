//! 個人のカード入れ: cards at rest, each in a sealed file of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use codes::{Custody, KeyName};
use protocol::reader::TrayCard;
use zeroize::Zeroizing;

use crate::memory::Memory;
use crate::{CardError, VirtualCard};

/// The cards that lie ready, by name. Files are sealed with the custody's row key and written whole.
pub struct Tray {
    dir: PathBuf,
    custody: Arc<dyn Custody>,
    cards: RwLock<BTreeMap<String, Arc<Mutex<VirtualCard>>>>,
    /// Names in the order in which the cards lie; one that is not named lies behind them.
    order: Vec<String>,
}

impl Tray {
    /// Opens the tray in `dir`, made when absent, with every card in it.
    ///
    /// # Errors
    /// [`CardError`] naming the file that cannot be read or opened.
    pub fn open(dir: &Path, custody: Arc<dyn Custody>) -> Result<Self, CardError> {
        fs::create_dir_all(dir).map_err(file_error(dir))?;
        let mut cards = BTreeMap::new();
        for entry in fs::read_dir(dir).map_err(file_error(dir))? {
            let path = entry.map_err(file_error(dir))?.path();
            let Some(id) = card_name(&path) else { continue };
            let bytes = fs::read(&path).map_err(file_error(&path))?;
            let card = VirtualCard::open(custody.as_ref(), &id, &bytes)
                .map_err(|reason| CardError::Sealed { path: path.clone(), reason })?;
            cards.insert(id, Arc::new(Mutex::new(card)));
        }
        Ok(Self { dir: dir.to_path_buf(), custody, cards: RwLock::new(cards), order: Vec::new() })
    }

    /// The same tray with its cards lying in the order of `names`.
    pub fn in_order(self, names: Vec<String>) -> Self {
        Self { order: names, ..self }
    }

    /// Lays a card into the tray under `id` (letters, digits, hyphen) and writes its file; replaces the card
    /// that was there.
    ///
    /// # Errors
    /// [`CardError`] when the file cannot be written or the name cannot be one.
    pub fn insert(&self, id: &str, card: VirtualCard) -> Result<(), CardError> {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(CardError::Contents(format!(
                "{id:?} cannot name a card: letters, digits and hyphens only"
            )));
        }
        self.write(id, &card)?;
        let mut cards = self.cards.write().unwrap_or_else(PoisonError::into_inner);
        cards.insert(id.to_owned(), Arc::new(Mutex::new(card)));
        Ok(())
    }

    /// What lies in the tray.
    pub fn list(&self) -> Vec<TrayCard> {
        let cards = self.cards.read().unwrap_or_else(PoisonError::into_inner);
        let describe = |(id, card): (&String, &Arc<Mutex<VirtualCard>>)| {
            let card = card.lock().unwrap_or_else(PoisonError::into_inner);
            TrayCard {
                id: id.clone(),
                name: card.memory.face.name.clone(),
                birthdate: card.memory.face.birthdate.to_string(),
                note_ja: card.memory.note_ja.clone(),
                note_en: card.memory.note_en.clone(),
            }
        };
        let mut listed: Vec<TrayCard> = cards.iter().map(describe).collect();
        // Stable: cards that nobody put in order stay in the order of their names.
        listed.sort_by_key(|card| self.order.iter().position(|id| *id == card.id).unwrap_or(usize::MAX));
        listed
    }

    /// Works on one card; `None` when it is not here. What the work changed is on disk before its result
    /// is seen, so that a wrong PIN cannot be undone by pulling the plug.
    ///
    /// # Errors
    /// [`CardError::File`] when the change could not be kept.
    pub fn with_card<T>(
        &self,
        id: &str,
        work: impl FnOnce(&mut VirtualCard) -> T,
    ) -> Result<Option<T>, CardError> {
        let found = self.cards.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        let Some(card) = found else { return Ok(None) };
        let mut card = card.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut card);
        if card.take_changed() {
            self.write(id, &card)?;
        }
        Ok(Some(result))
    }

    fn write(&self, id: &str, card: &VirtualCard) -> Result<(), CardError> {
        let path = self.dir.join(format!("{id}.{EXTENSION}"));
        let sealed = card
            .seal(self.custody.as_ref(), id)
            .map_err(|reason| CardError::Sealed { path: path.clone(), reason })?;
        write_whole(&path, &sealed)
    }
}

impl VirtualCard {
    fn seal(&self, custody: &dyn Custody, id: &str) -> Result<Vec<u8>, String> {
        let text = Zeroizing::new(serde_json::to_vec(&self.memory).map_err(|error| error.to_string())?);
        custody.seal_row(&KeyName::ROW_SEAL, place(id).as_bytes(), &text).map_err(|error| error.to_string())
    }

    fn open(custody: &dyn Custody, id: &str, sealed: &[u8]) -> Result<Self, String> {
        let text = custody
            .open_row(&KeyName::ROW_SEAL, place(id).as_bytes(), sealed)
            .map_err(|error| error.to_string())?;
        let memory: Memory = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        Ok(Self::new(memory))
    }
}

/// Writes a file so that it is there whole or as it was before.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CardError> {
    let draft = path.with_extension("draft");
    let write = || {
        let mut file = fs::File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(file_error(path))
}

pub(crate) fn file_error(path: &Path) -> impl Fn(std::io::Error) -> CardError {
    move |source| CardError::File { path: path.to_path_buf(), source }
}

fn card_name(path: &Path) -> Option<String> {
    (path.extension()? == EXTENSION).then(|| path.file_stem()?.to_str().map(str::to_owned))?
}

/// A sealed card opens under its own name only.
fn place(id: &str) -> String {
    format!("card/{id}")
}

const EXTENSION: &str = "card";
