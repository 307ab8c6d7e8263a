//! The mail folder: each mail as a file that a mail server, or a person, takes from there.
//!
//! Decides when a mail is delivered: when its file has its name and survives a power failure. Until then nobody who looks
//! for `*.eml` sees it. The file is named for the event, so delivering twice leaves one mail. Leaves what it says to
//! `mail`, and making the folder to the operator: one that is missing may be a disk that is not mounted.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use sellonce_checkout::catalog::Malformed;
use sellonce_checkout::store::deliveries::Due;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::mail::{self, Writer};

/// How many files of one mail may lie about unfinished, each left behind by a crash, before someone has to look.
const UNFINISHED_MAX: u32 = 16;

/// Where mails go and who writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder; it exists.
    pub folder: PathBuf,
    /// Who writes.
    pub mail: mail::Settings,
}

/// Why a delivery failed; it can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryProblem {
    /// There is no mail to be delivered.
    #[error(transparent)]
    Mail(#[from] mail::Problem),
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Error,
    },
}

/// A folder that mails are put into.
#[derive(Clone, Debug)]
pub struct MailFolder {
    folder: PathBuf,
    writer: Writer,
}

impl MailFolder {
    /// Checks the settings; whether the folder can be written shows with the first mail.
    pub fn new(settings: Settings) -> Result<Self, Malformed> {
        Ok(Self { folder: settings.folder, writer: Writer::new(settings.mail)? })
    }

    /// Puts the mail of an event into the folder, durably.
    pub async fn deliver(&self, due: &Due) -> Result<(), DeliveryProblem> {
        let mail = self.writer.mail(due)?;
        let path = self.folder.join(format!("{}.eml", due.event.id));
        let written = self.write(&path, &due.event.id.to_string(), &mail).await;
        written.map_err(|source| DeliveryProblem::Write { path, source })
    }

    async fn write(&self, path: &Path, event: &str, mail: &[u8]) -> Result<(), Error> {
        let (file, unfinished) = self.begin(event).await?;
        let finished = self.finish(file, mail, &unfinished, path).await;
        if finished.is_err() {
            // What is left behind harms nobody, so a failure here says nothing more than the one before.
            let _gone_or_not = fs::remove_file(&unfinished).await;
        }
        finished
    }

    /// A new file beside the mail's: whoever else delivers the same event writes to another one.
    async fn begin(&self, event: &str) -> Result<(File, PathBuf), Error> {
        for number in 0..UNFINISHED_MAX {
            let path = self.folder.join(format!(".{event}.{number}.unfinished"));
            match OpenOptions::new().write(true).create_new(true).open(&path).await {
                Ok(file) => return Ok((file, path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        let problem = format!("{UNFINISHED_MAX} files .{event}.*.unfinished lie about; delete them");
        Err(Error::new(ErrorKind::AlreadyExists, problem))
    }

    async fn finish(&self, mut file: File, mail: &[u8], unfinished: &Path, path: &Path) -> Result<(), Error> {
        file.write_all(mail).await?;
        file.flush().await?;
        file.sync_all().await?;
        fs::rename(unfinished, path).await?;
        // The new name is durable with the folder. Only Unix opens folders as files; elsewhere a rename has to do.
        if cfg!(unix) {
            File::open(&self.folder).await?.sync_all().await?;
        }
        Ok(())
    }
}
