//! 送付用ファイルアーカイブ: the zip in which check-ups travel, with its index, its sums and its names.

mod name;
mod read;
mod together;
mod write;

pub use name::ArchiveName;
pub use read::{Archive, ArchiveError, ArchiveLimits, Member, read_archive};
pub use write::{ArchiveWriter, RecordName, Sending};
