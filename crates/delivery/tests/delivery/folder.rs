//! The folder: one whole mail per event, whatever happens in between.

use std::fs;
use std::path::Path;

use sellonce_checkout::order::Status;
use sellonce_delivery::folder::{DeliveryProblem, MailFolder, Settings};
use sellonce_delivery::mail::Writer;

use crate::{confirmation, due, settings};

fn mail_folder(folder: &Path) -> MailFolder {
    let settings = Settings { folder: folder.to_owned(), mail: settings() };
    MailFolder::new(settings).expect("good settings")
}

/// What lies in the folder, in the order of the names.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn an_event_told_twice_leaves_one_mail() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let due = confirmation();
    let name = format!("{}.eml", due.event.id);
    for _ in 0..2 {
        mail_folder(folder.path()).deliver(&due).await.expect("delivered");
        assert_eq!(files(folder.path()), [name.as_str()]);
        let expected = Writer::new(settings()).expect("good settings").mail(&due).expect("a mail");
        assert_eq!(fs::read(folder.path().join(&name)).expect("the mail can be read"), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_tell_an_event_at_once_leave_one_mail() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let due = confirmation();
    for _ in 0..20 {
        let servers = [mail_folder(folder.path()), mail_folder(folder.path())];
        let (one, other) = tokio::join!(servers[0].deliver(&due), servers[1].deliver(&due));
        assert!(one.is_ok() && other.is_ok(), "{one:?}, {other:?}");
        assert_eq!(files(folder.path()), [format!("{}.eml", due.event.id)]);
    }
}

#[tokio::test]
async fn events_do_not_share_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut shipped = due(Status::Processing, Status::Shipped, "none");
    shipped.event.id.0 = uuid_after(shipped.event.id.0);
    mail_folder(folder.path()).deliver(&confirmation()).await.expect("delivered");
    mail_folder(folder.path()).deliver(&shipped).await.expect("delivered");
    assert_eq!(files(folder.path()).len(), 2);
}

fn uuid_after(uuid: crate::Uuid) -> crate::Uuid {
    crate::Uuid::from_u128(uuid.as_u128() + 1)
}

#[tokio::test]
async fn what_a_crash_left_behind_does_not_stop_a_mail() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let due = confirmation();
    let half = folder.path().join(format!(".{}.0.unfinished", due.event.id));
    fs::write(&half, "Fro").expect("the folder can be written");
    mail_folder(folder.path()).deliver(&due).await.expect("delivered");
    let mail = fs::read(folder.path().join(format!("{}.eml", due.event.id))).expect("the mail can be read");
    assert!(mail.len() > 1_000, "the whole mail");
    assert_eq!(fs::read(&half).expect("still there"), b"Fro", "what another one writes is not touched");
}

#[tokio::test]
async fn a_folder_full_of_remains_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let due = confirmation();
    for number in 0..16 {
        let half = folder.path().join(format!(".{}.{number}.unfinished", due.event.id));
        fs::write(half, "Fro").expect("the folder can be written");
    }
    let problem = mail_folder(folder.path()).deliver(&due).await.expect_err("nothing was delivered");
    assert!(problem.to_string().contains("delete them"), "{problem}");
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named_and_not_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing = folder.path().join("mails");
    let problem = mail_folder(&missing).deliver(&confirmation()).await.expect_err("nothing was delivered");
    assert!(matches!(problem, DeliveryProblem::Write { .. }), "{problem:?}");
    assert!(problem.to_string().contains(&missing.display().to_string()), "{problem}");
    assert!(!missing.exists(), "it may be a disk that is not mounted");
}

#[tokio::test]
async fn a_mail_that_cannot_get_its_name_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let due = confirmation();
    let name = format!("{}.eml", due.event.id);
    fs::create_dir(folder.path().join(&name)).expect("the folder can be written");
    assert!(mail_folder(folder.path()).deliver(&due).await.is_err(), "a folder has the name");
    assert_eq!(files(folder.path()), [name]);
}

#[tokio::test]
async fn an_event_without_a_mail_writes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let problem = mail_folder(folder.path()).deliver(&due(Status::Paid, Status::Processing, "")).await;
    assert!(matches!(problem, Err(DeliveryProblem::Mail(_))), "{problem:?}");
    assert!(files(folder.path()).is_empty());
}
