//! One switch that every server and background task of a process listens to.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells servers and tasks to finish what they have begun and stop (終了の合図). Clones share one switch.
#[derive(Debug, Clone)]
pub struct Shutdown {
    switch: Arc<watch::Sender<bool>>,
    watched: watch::Receiver<bool>,
}

impl Shutdown {
    /// A switch that is not yet thrown.
    pub fn new() -> Self {
        let (switch, watched) = watch::channel(false);
        Shutdown { switch: Arc::new(switch), watched }
    }

    /// Throws the switch; throwing it again changes nothing.
    pub fn trigger(&self) {
        self.switch.send_replace(true);
    }

    /// Whether the switch was thrown.
    pub fn is_triggered(&self) -> bool {
        *self.watched.borrow()
    }

    /// Returns when the switch is thrown, at once if it already was.
    pub async fn wait(&self) {
        let mut watched = self.watched.clone();
        // The sender lives in `self`, so the channel cannot close while we wait.
        let _ = watched.wait_for(|thrown| *thrown).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
