//! What goes wrong with a command, and the bytes kubectl says it with.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/util/helpers.go` (`checkErr`, `StandardErrorMessage`).

use crate::api::Status;

/// Why a command ended without success.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// kubectl's own finding; shown after `error: `.
    Text(String),
    /// Shown as it is.
    Plain(String),
    /// The API server refused.
    Status(Box<Status>),
    /// Several at once.
    Many(Vec<Failure>),
    /// Everything has been said already; only the exit code is left.
    Exit(i32),
    /// Another failure, told with another exit code.
    Coded(Box<Failure>, i32),
}

impl Failure {
    /// kubectl's own finding.
    pub(crate) fn text(message: impl Into<String>) -> Self {
        Self::Text(message.into())
    }

    /// A finding about how the command was used.
    pub(crate) fn usage(message: impl AsRef<str>, command: &str) -> Self {
        Self::Text(format!("{}\nSee '{command} -h' for help and examples", message.as_ref()))
    }

    /// One failure of several; nothing if there are none.
    ///
    /// # Errors
    /// Whatever was collected.
    pub(crate) fn all(mut failures: Vec<Failure>) -> Result<(), Failure> {
        match failures.len() {
            0 => Ok(()),
            1 => Err(failures.remove(0)),
            _ => Err(Self::Many(failures)),
        }
    }

    /// The same with `error when VERB "SOURCE": ` before the message, where it came from a file.
    pub(crate) fn about(self, verb: &str, source: &str) -> Self {
        if source.is_empty() {
            return self;
        }
        let prefix = format!("error when {verb} {}: ", quoted(source));
        match self {
            Self::Status(mut status) => {
                status.message.insert_str(0, &prefix);
                Self::Status(status)
            }
            Self::Text(message) | Self::Plain(message) => Self::Text(prefix + &message),
            other @ (Self::Many(_) | Self::Exit(_) | Self::Coded(..)) => other,
        }
    }

    /// True for a 404 of the API server.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status(status) if status.reason == "NotFound")
    }

    /// True for a 409 because of an older resourceVersion.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Status(status) if status.reason == "Conflict")
    }

    /// What goes to standard error; `None` if nothing does.
    pub(crate) fn message(&self) -> Option<String> {
        match self {
            Self::Exit(_) => None,
            Self::Text(message) if message.starts_with("error: ") => Some(message.clone()),
            Self::Text(message) => Some(format!("error: {message}")),
            Self::Plain(message) => Some(message.clone()),
            Self::Status(status) => Some(status_message(status)),
            Self::Many(all) => Some(all.iter().map(|it| format!("{}\n", it.short())).collect()),
            Self::Coded(failure, _) => failure.message(),
        }
    }

    /// The failure as one of several, or inside another text.
    pub(crate) fn short(&self) -> String {
        match self {
            Self::Text(message) | Self::Plain(message) => message.clone(),
            Self::Status(status) => standard_message(status),
            Self::Many(all) => all.iter().map(Self::short).collect::<Vec<_>>().join("\n"),
            Self::Exit(code) => format!("exit status {code}"),
            Self::Coded(failure, _) => failure.short(),
        }
    }

    /// The message alone, without `Error from server`.
    pub(crate) fn bare(&self) -> String {
        match self {
            Self::Status(status) => status.message.clone(),
            other @ (Self::Text(_) | Self::Plain(_) | Self::Many(_) | Self::Exit(_) | Self::Coded(..)) => other.short(),
        }
    }

    /// The exit code; kubectl knows only 1 but for `diff` and `exec`.
    pub(crate) fn exit_code(&self) -> i32 {
        match self {
            Self::Exit(code) | Self::Coded(_, code) => *code,
            Self::Text(_) | Self::Plain(_) | Self::Status(_) | Self::Many(_) => 1,
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// Go's `%q` for the texts that occur here.
pub(crate) fn quoted(text: &str) -> String {
    crate::model::names::quote(text)
}

fn status_message(status: &Status) -> String {
    if status.reason != "Invalid" || status.details.is_null() {
        return standard_message(status);
    }
    let (kind, name) = (status.details.get("kind").str(), status.details.get("name").str());
    let head = if kind.is_empty() && name.is_empty() {
        "The request is invalid".to_owned()
    } else {
        format!("The {kind} {} is invalid", quoted(name))
    };
    let mut causes: Vec<String> = Vec::new();
    for cause in status.details.get("causes").items() {
        let line = format!("{}: {}", cause.get("field").str(), cause.get("message").str());
        if !causes.contains(&line) {
            causes.push(line);
        }
    }
    match causes.as_slice() {
        [] if kind.is_empty() && name.is_empty() => format!("{head}: {}", status.message),
        [] => head,
        [one] => format!("{head}: {one}"),
        many => format!("{head}: \n{}", many.iter().map(|it| format!("* {it}\n")).collect::<String>()),
    }
}

fn standard_message(status: &Status) -> String {
    match status.reason {
        "Unauthorized" => format!("error: You must be logged in to the server ({})", status.message),
        "" => format!("Error from server: {}", status.message),
        reason => format!("Error from server ({reason}): {}", status.message),
    }
}
