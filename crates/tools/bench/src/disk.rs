//! The limit of everything durable: what the disk does by itself.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where a benchmark keeps its files.
#[derive(clap::Args)]
pub struct Place {
    /// Directory on the disk to measure; a temporary one is made inside and removed.
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Place {
    /// The directory as given, for a child's arguments.
    pub fn given(&self) -> Option<String> {
        self.dir.as_ref().map(|dir| dir.display().to_string())
    }

    /// A fresh directory.
    ///
    /// # Errors
    /// The disk's.
    pub fn fresh(&self) -> anyhow::Result<tempfile::TempDir> {
        let parent = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        std::fs::create_dir_all(&parent)?;
        Ok(tempfile::Builder::new().prefix("musubi-bench").tempdir_in(parent)?)
    }
}

/// Blocks of 4 KiB written over existing ones, each followed by fdatasync, a second.
///
/// # Errors
/// The disk's.
pub fn syncs_per_second(directory: &Path, time: Duration) -> anyhow::Result<f64> {
    const BLOCKS: u64 = 1_024;
    let file = File::create(directory.join("blocks"))?;
    let block = [0x5a_u8; 4_096];
    for at in 0..BLOCKS {
        file.write_all_at(&block, at * 4_096)?;
    }
    file.sync_all()?;
    let (begun, mut syncs) = (Instant::now(), 0_u64);
    while begun.elapsed() < time {
        file.write_all_at(&block, syncs % BLOCKS * 4_096)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(syncs as f64 / begun.elapsed().as_secs_f64())
}
