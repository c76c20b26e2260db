//! The whole of storage: what was acknowledged comes back, whatever happens in between.

use super::testing::{Faulty, Folder, write};
use super::*;
use shared::model::key::resources::CONFIG_MAPS;
use shared::model::{Key, Object};
use shared::store::Change;
use shared::trace::Revision;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

const SMALL: Sizes = Sizes { segment: 64 << 10, reserve: 32 << 10 };

/// Opens it. Between the fork and the exec of a child of another test the child holds the lock as well.
fn open_small(folder: &Folder) -> Storage {
    loop {
        match open_on(folder.path(), Arc::new(Files), SMALL) {
            Err(StorageError::InUse(_)) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

/// Writes so many objects of 1 000 bytes under twenty names, waiting for each group of ten.
async fn fill(storage: &mut Storage, count: usize) {
    for group in 0..count / 10 {
        let one = |index| write(&mut storage.store, &format!("n{}", (group * 10 + index) % 20), 1_000);
        let changes: Vec<Change> = (0..10).map(one).collect();
        storage.journal.enqueue(&changes);
        storage.journal.write();
        storage.journal.durable(storage.store.revision()).await.unwrap();
    }
}

/// Why it cannot be opened.
fn failure(folder: &Folder) -> StorageError {
    loop {
        match open_on(folder.path(), Arc::new(Files), SMALL) {
            Err(StorageError::InUse(_)) => std::thread::yield_now(),
            opened => return opened.err().unwrap(),
        }
    }
}

/// What a store holds, in a line.
fn summary(store: &Store) -> String {
    let mut text = format!("{} from {}:", store.revision(), store.oldest());
    for (_, table) in store.resources() {
        for object in table.values() {
            write!(text, " {}@{}", object.name(), object.resource_version()).unwrap();
        }
    }
    text
}

fn files(folder: &Folder) -> Vec<String> {
    let names = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Waits, for at most ten seconds, until something holds.
async fn until(what: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if what().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come about");
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let folder = Folder::new();
    let mut storage = open_small(&folder);
    assert_eq!(storage.store.revision(), Revision(0));
    fill(&mut storage, 300).await;
    let (before, log) =
        (summary(&storage.store), storage.store.since(Revision(0)).unwrap().cloned().collect::<Vec<_>>());
    drop(storage);
    let mut storage = open_small(&folder);
    assert_eq!(summary(&storage.store), before);
    for (old, new) in log.iter().zip(storage.store.since(Revision(0)).unwrap()) {
        assert_eq!((old.revision, &old.before, &old.after), (new.revision, &new.before, &new.after));
    }
    fill(&mut storage, 50).await;
    drop(storage);
    assert_eq!(open_small(&folder).store.revision(), Revision(350));
}

#[tokio::test]
async fn forgotten_history_goes_into_the_database() {
    let folder = Folder::new();
    let mut storage = open_small(&folder);
    fill(&mut storage, 1_000).await;
    assert!(files(&folder).len() > 15, "{:?}", files(&folder));
    storage.journal.compact(Revision(990));
    until(async || files(&folder).len() <= 5).await;
    assert_eq!(storage.journal.move_failure(), None);
    let objects = |store: &Store| summary(store).split_once(':').unwrap().1.to_owned();
    let before = objects(&storage.store);
    drop(storage);
    let storage = open_small(&folder);
    assert_eq!(objects(&storage.store), before);
    let oldest = storage.store.oldest().0;
    assert!((900..=990).contains(&oldest), "{oldest}");
}

#[tokio::test]
async fn a_folder_has_one_user() {
    let folder = Folder::new();
    let storage = open_small(&folder);
    let error = open(folder.path()).err().unwrap().to_string();
    let name = folder.path().display();
    assert_eq!(error, format!("another pilothouse uses {name}; stop it, or choose another folder with --data-dir"));
    drop(storage);
    open_small(&folder);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_before_they_are_made_and_takes_them_again() {
    let folder = Folder::new();
    let disk = Faulty::with_free(3 * SMALL.segment);
    let mut storage = open_on(folder.path(), Arc::new(disk.clone()), SMALL).unwrap();
    let mut written = 0;
    while storage.journal.admit().await.is_ok() {
        fill(&mut storage, 10).await;
        written += 10;
        assert!(written < 1_000, "the disk is never full");
    }
    let fault = storage.journal.admit().await.unwrap_err().to_string();
    assert!(fault.starts_with("cannot make room for more writes in "), "{fault}");
    assert!(storage.journal.durable(storage.store.revision()).await.is_ok(), "what was let in is durable");
    disk.free.store(10 * SMALL.segment, Ordering::SeqCst);
    until(async || storage.journal.admit().await.is_ok()).await;
    fill(&mut storage, 10).await;
    let before = summary(&storage.store);
    drop(storage);
    assert_eq!(summary(&open_small(&folder).store), before);
}

#[tokio::test]
async fn a_write_that_fails_is_not_acknowledged_and_is_made_again() {
    let folder = Folder::new();
    let disk = Faulty::with_free(100 * SMALL.segment);
    let mut storage = open_on(folder.path(), Arc::new(disk.clone()), SMALL).unwrap();
    fill(&mut storage, 20).await;
    disk.failing_syncs.store(2, Ordering::SeqCst);
    let change = write(&mut storage.store, "n0", 10);
    storage.journal.enqueue([&change]);
    storage.journal.write();
    let fault = storage.journal.durable(change.revision).await.unwrap_err().to_string();
    assert!(fault.ends_with("input/output error"), "{fault}");
    assert!(storage.journal.admit().await.is_err());
    assert!(storage.journal.durable(Revision(20)).await.is_ok(), "what was durable before stays so");
    until(async || storage.journal.admit().await.is_ok()).await;
    assert!(storage.journal.durable(change.revision).await.is_ok());
    fill(&mut storage, 20).await;
    let before = summary(&storage.store);
    drop(storage);
    assert_eq!(summary(&open_small(&folder).store), before);
}

#[tokio::test]
async fn what_a_request_cannot_write_itself_is_written_by_the_journal_first() {
    let folder = Folder::new();
    let disk = Faulty::with_free(100 * SMALL.segment);
    let mut storage = open_on(folder.path(), Arc::new(disk.clone()), SMALL).unwrap();
    let write_here = |storage: &mut Storage, size: usize| {
        let change = write(&mut storage.store, "n0", size);
        storage.journal.enqueue([&change]);
        storage.journal.write_here();
        change.revision
    };
    let first = write_here(&mut storage, 10);
    storage.journal.durable(first).await.unwrap();
    disk.failing_syncs.store(1, Ordering::SeqCst);
    let failed = write_here(&mut storage, 10);
    assert!(storage.journal.durable(failed).await.is_err());
    let later = write_here(&mut storage, 300_000);
    until(async || storage.journal.durable(later).await.is_ok()).await;
    let before = summary(&storage.store);
    drop(storage);
    assert_eq!(summary(&open_small(&folder).store), before);
}

#[tokio::test]
async fn one_frame_may_be_bigger_than_a_segment() {
    let folder = Folder::new();
    let mut storage = open_small(&folder);
    let change = write(&mut storage.store, "large", 300_000);
    storage.journal.enqueue([&change]);
    storage.journal.write();
    storage.journal.durable(change.revision).await.unwrap();
    fill(&mut storage, 10).await;
    let before = summary(&storage.store);
    drop(storage);
    assert_eq!(summary(&open_small(&folder).store), before);
}

#[tokio::test]
async fn damage_is_told_with_the_file_and_what_to_do() {
    let folder = Folder::new();
    let mut storage = open_small(&folder);
    fill(&mut storage, 200).await;
    drop(storage);
    let segment = segment_path(folder.path(), 1);
    let whole = std::fs::read(&segment).unwrap();
    let check = |wanted: &str| {
        let error = failure(&folder).to_string();
        let error = error.replace(&format!("{}", folder.path().display()), "DIR");
        let remedy = format!("{wanted}; {REMEDY}");
        assert_eq!(error, remedy);
    };
    let mut damaged = whole.clone();
    damaged[200] ^= 1;
    std::fs::write(&segment, damaged).unwrap();
    check("cannot use DIR/journal-00000001.log: it is damaged at byte 44: what follows is whole");
    std::fs::remove_file(&segment).unwrap();
    check("the files in DIR do not fit together: the write after revision 0 has number 51");
    std::fs::write(&segment, whole).unwrap();
    std::fs::remove_file(folder.path().join(database::FILE)).unwrap();
    check("DIR/pilothouse.redb is missing, and there is a journal beside it");
    database::create(&folder.path().join(database::FILE), Identity(1)).unwrap();
    check("DIR/journal-00000001.log belongs to another cluster");
}

/// The variable that names the folder of the process that is killed.
const CHILD: &str = "PILOTHOUSE_TEST_STORAGE";
/// How many names the killed process writes under.
const NAMES: u64 = 50;

/// What is written as a revision: everything follows from its number.
fn nth(revision: u64) -> (Key, Option<Object>) {
    let name = format!("n{}", revision % NAMES);
    let mut object = Object::new("v1", "ConfigMap", "default", &name);
    object.set("data.text", format!("{revision} ").repeat(usize::try_from(revision * 7_919 % 700).unwrap()));
    let gone = revision.is_multiple_of(7);
    (Key::new(CONFIG_MAPS, "default", name), (!gone).then_some(object))
}

#[test]
#[ignore = "the process that `kill_nine_loses_nothing` kills"]
fn killed_process() {
    let folder = std::env::var_os(CHILD).expect("the folder is named");
    let mut storage = open_on(Path::new(&folder), Arc::new(Files), SMALL).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for group in 0.. {
        let next = |_| {
            let (key, object) = nth(storage.store.revision().0 + 1);
            storage.store.commit(key, object).clone()
        };
        let changes: Vec<Change> = (0..=group % 5).map(next).collect();
        storage.journal.enqueue(&changes);
        if group % 2 == 0 {
            storage.journal.write();
        } else {
            storage.journal.write_here();
        }
        let newest = storage.store.revision();
        runtime.block_on(storage.journal.durable(newest)).unwrap();
        // In one call: half a line would say another number.
        std::io::stderr().write_all(format!("durable {newest}\n").as_bytes()).unwrap();
        let old = Revision(newest.0.saturating_sub(100));
        storage.journal.compact(old);
        storage.store.compact(old);
    }
}

/// Starts the process, kills it after so many acknowledged groups, and gives the last acknowledged revision.
fn run_and_kill(folder: &Folder, after: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "storage::tests::killed_process", "--ignored", "--nocapture"])
        .env(CHILD, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut last = 0;
    let mut read = |line: &str| match line.strip_prefix("durable ") {
        Some(revision) => last = revision.parse().unwrap(),
        None => panic!("{line}"),
    };
    lines.by_ref().take(after).for_each(|line| read(&line));
    child.kill().unwrap();
    lines.for_each(|line| read(&line));
    child.wait().unwrap();
    last
}

#[test]
fn kill_nine_loses_nothing() {
    let folder = Folder::new();
    let mut before = 0;
    for round in 0..50 {
        let acknowledged = run_and_kill(&folder, 1 + round * 37 % 90);
        let store = open_small(&folder).store;
        let revision = store.revision().0;
        assert!(revision >= acknowledged && acknowledged > before, "{round}: {before} {acknowledged} {revision}");
        for name in 0..NAMES.min(revision) {
            let newest = revision - (revision - name) % NAMES;
            let (key, object) = nth(newest);
            let stored = store.get(&key).map(|it| (it.resource_version(), it.at("data.text").clone()));
            let wanted = object.filter(|_| newest > 0).map(|it| (newest, it.at("data.text").clone()));
            assert_eq!(stored, wanted, "round {round}, {key}");
        }
        before = revision;
    }
}
