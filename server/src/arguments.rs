//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

use crate::audit;
use crate::backup::Replace;

/// What the binary is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Write this text and end.
    Say(String),
    /// Serve until told to stop.
    Serve(ServeOptions),
    /// Print the kubeconfig of the cluster in this folder.
    Kubeconfig(PathBuf),
    /// Copy a cluster to a file.
    Backup {
        /// The file.
        file: PathBuf,
        /// The data directory.
        folder: PathBuf,
    },
    /// Put a cluster back from a file.
    Restore {
        /// The file.
        file: PathBuf,
        /// The data directory.
        folder: PathBuf,
        /// Whether a cluster that is there goes.
        replace: Replace,
    },
    /// Print the policies that do what the `PodPreset`s in this file did.
    PodPreset(PathBuf),
}

/// The options of `pilothouse serve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    /// Address and port of the page; port 0 lets the system choose. Default: `127.0.0.1:8080`.
    pub(crate) listen: String,
    /// Address and port of the Kubernetes API. Default: `127.0.0.1:6443`.
    pub(crate) secure_listen: String,
    /// Where the cluster is kept.
    pub(crate) keep: Keep,
    /// Where to write a kubeconfig when the API answers.
    pub(crate) kubeconfig_out: Option<PathBuf>,
    /// How many simulated nodes a fresh cluster has.
    pub(crate) nodes: u32,
    /// Where requests are noted, if they are. Default: nowhere.
    pub(crate) audit_log: Option<audit::Target>,
}

/// Where a cluster is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// In memory: it ends with the process.
    Memory,
    /// In this folder.
    Folder(PathBuf),
}

/// The most simulated nodes, upstream's own limit.
const NODES_MAX: u32 = 5_000;

/// The text of `--help`.
const HELP: &str = "\
Kubernetes you can see through.

Usage: pilothouse serve [OPTIONS]
       pilothouse kubeconfig [--data-dir FOLDER]
       pilothouse backup FILE [--data-dir FOLDER]
       pilothouse restore FILE [--data-dir FOLDER] [--force]
       pilothouse podpreset FILE

Commands:
  serve                   Serve the page and a Kubernetes API
  kubeconfig              Print the administrator's kubeconfig of a cluster that was served
  backup                  Copy a cluster, with its keys, to a file; a server that runs goes on meanwhile
  restore                 Put a cluster back from such a file; the server must not run
  podpreset               Print the MutatingAdmissionPolicy that does what a PodPreset did, until Kubernetes v1.19

Options:
  --listen ADDR           Address and port of the page [default: 127.0.0.1:8080]; port 0 lets the system choose
  --secure-listen ADDR    Address and port of the Kubernetes API, with TLS [default: 127.0.0.1:6443]
  --data-dir FOLDER       Where the cluster is kept [default: pilothouse in the user's data folder]
  --ephemeral             Keep nothing: the cluster ends with the process
  --kubeconfig-out FILE   Write a kubeconfig when the API answers
  --audit-log FILE        Note each request, as a line of JSON; `-` is the standard output
  --force                 Replace the cluster that is there by the one that is restored
  --nodes sim:N           How many simulated nodes a fresh cluster has [default: sim:3]
  -h, --help              Print this text
  -V, --version           Print the version";

/// Reads the command line; without a command it asks for help.
///
/// # Errors
/// An unknown word or option, or an option without its value.
pub(crate) fn read(mut arguments: lexopt::Parser) -> Result<Wish, lexopt::Error> {
    match arguments.next()? {
        None | Some(Short('h') | Long("help")) => Ok(Wish::Say(HELP.to_owned())),
        Some(Short('V') | Long("version")) => Ok(Wish::Say(version())),
        Some(Value(word)) if word == "serve" => serve(arguments),
        Some(Value(word)) if word == "kubeconfig" => kubeconfig(arguments),
        Some(Value(word)) if word == "backup" => copy(arguments, Way::Backup),
        Some(Value(word)) if word == "restore" => copy(arguments, Way::Restore),
        Some(Value(word)) if word == "podpreset" => pod_preset(arguments),
        Some(other) => Err(other.unexpected()),
    }
}

/// Reads what follows `serve`.
fn serve(mut arguments: lexopt::Parser) -> Result<Wish, lexopt::Error> {
    let mut options = ServeOptions {
        listen: "127.0.0.1:8080".to_owned(),
        secure_listen: "127.0.0.1:6443".to_owned(),
        keep: Keep::Folder(data_folder()),
        kubeconfig_out: None,
        nodes: 3,
        audit_log: None,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => options.listen = arguments.value()?.string()?,
            Long("secure-listen") => options.secure_listen = arguments.value()?.string()?,
            Long("data-dir") => options.keep = Keep::Folder(arguments.value()?.into()),
            Long("ephemeral") => options.keep = Keep::Memory,
            Long("kubeconfig-out") => options.kubeconfig_out = Some(arguments.value()?.into()),
            Long("audit-log") => options.audit_log = Some(audit::target(&PathBuf::from(arguments.value()?))),
            Long("nodes") => options.nodes = arguments.value()?.parse_with(nodes)?,
            Short('h') | Long("help") => return Ok(Wish::Say(HELP.to_owned())),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Wish::Serve(options))
}

/// Reads what follows `podpreset`.
fn pod_preset(mut arguments: lexopt::Parser) -> Result<Wish, lexopt::Error> {
    let mut file = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(word) if file.is_none() => file = Some(word.into()),
            Short('h') | Long("help") => return Ok(Wish::Say(HELP.to_owned())),
            other => return Err(other.unexpected()),
        }
    }
    file.map(Wish::PodPreset).ok_or_else(|| "podpreset wants a file".into())
}

/// Reads what follows `kubeconfig`.
fn kubeconfig(mut arguments: lexopt::Parser) -> Result<Wish, lexopt::Error> {
    let mut folder = data_folder();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("data-dir") => folder = arguments.value()?.into(),
            Short('h') | Long("help") => return Ok(Wish::Say(HELP.to_owned())),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Wish::Kubeconfig(folder))
}

/// Which way a copy goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Backup,
    Restore,
}

/// Reads what follows `backup` or `restore`.
fn copy(mut arguments: lexopt::Parser, way: Way) -> Result<Wish, lexopt::Error> {
    let (mut file, mut folder, mut replace) = (None, data_folder(), Replace::No);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("data-dir") => folder = arguments.value()?.into(),
            Long("force") if way == Way::Restore => replace = Replace::Yes,
            Short('h') | Long("help") => return Ok(Wish::Say(HELP.to_owned())),
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            other => return Err(other.unexpected()),
        }
    }
    let file = file.ok_or("the file is missing: name it after the command")?;
    Ok(match way {
        Way::Backup => Wish::Backup { file, folder },
        Way::Restore => Wish::Restore { file, folder, replace },
    })
}

/// Reads `sim:3`.
fn nodes(text: &str) -> Result<u32, String> {
    let count = text.strip_prefix("sim:").ok_or("nodes are simulated: write sim:N")?;
    let count: u32 = count.parse().map_err(|error| format!("{error}"))?;
    if count > NODES_MAX { Err(format!("at most {NODES_MAX}")) } else { Ok(count) }
}

/// `pilothouse` in the user's data folder, as the XDG base directories have it; in the working directory without a home.
fn data_folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|it: &OsString| !it.is_empty()).map(PathBuf::from);
    let home = || set("HOME").map(|home| home.join(".local/share"));
    set("XDG_DATA_HOME").or_else(home).unwrap_or_default().join("pilothouse")
}

/// The text of `--version`.
fn version() -> String {
    format!("pilothouse {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Reads `line` and compares the wish, or the complaint, with `expected`.
    fn check(line: &str, expected: &Expect) {
        let text = match read(lexopt::Parser::from_args(line.split_whitespace())) {
            Ok(Wish::Say(text)) => text.lines().next().unwrap_or_default().to_owned(),
            Ok(Wish::Serve(it)) => {
                let keep = match it.keep {
                    Keep::Memory => "memory".to_owned(),
                    Keep::Folder(folder) if folder.ends_with("pilothouse") => "the data folder".to_owned(),
                    Keep::Folder(folder) => folder.display().to_string(),
                };
                let out = it.kubeconfig_out.map(|it| format!(", {}", it.display())).unwrap_or_default();
                let audit = it.audit_log.map(|it| format!(", {it:?}")).unwrap_or_default();
                format!("serve on {} and {}, {} nodes in {keep}{out}{audit}", it.listen, it.secure_listen, it.nodes)
            }
            Ok(Wish::Kubeconfig(folder)) => format!("kubeconfig of {}", folder.display()),
            Ok(Wish::Backup { file, folder }) => format!("backup of {} to {}", folder.display(), file.display()),
            Ok(Wish::Restore { file, folder, replace }) => {
                format!("restore of {} to {}, replace: {replace:?}", file.display(), folder.display())
            }
            Ok(Wish::PodPreset(file)) => format!("policy for {}", file.display()),
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn command_lines_are_read() {
        check("serve", &expect!["serve on 127.0.0.1:8080 and 127.0.0.1:6443, 3 nodes in the data folder"]);
        check(
            "serve --listen 0.0.0.0:80",
            &expect!["serve on 0.0.0.0:80 and 127.0.0.1:6443, 3 nodes in the data folder"],
        );
        check("serve --listen=[::1]:0", &expect!["serve on [::1]:0 and 127.0.0.1:6443, 3 nodes in the data folder"]);
        check(
            "serve --ephemeral --secure-listen 127.0.0.1:0 --kubeconfig-out k --nodes sim:10",
            &expect!["serve on 127.0.0.1:8080 and 127.0.0.1:0, 10 nodes in memory, k"],
        );
        check("serve --data-dir d", &expect!["serve on 127.0.0.1:8080 and 127.0.0.1:6443, 3 nodes in d"]);
        check(
            "serve --data-dir d --audit-log -",
            &expect!["serve on 127.0.0.1:8080 and 127.0.0.1:6443, 3 nodes in d, Stdout"],
        );
        check(
            "serve --data-dir d --audit-log a",
            &expect![[r#"serve on 127.0.0.1:8080 and 127.0.0.1:6443, 3 nodes in d, File("a")"#]],
        );
        check("podpreset a.yaml", &expect!["policy for a.yaml"]);
        check("podpreset", &expect!["error: podpreset wants a file"]);
        check("kubeconfig --data-dir d", &expect!["kubeconfig of d"]);
        check("backup f --data-dir d", &expect!["backup of d to f"]);
        check("restore --data-dir d f", &expect!["restore of f to d, replace: No"]);
        check("restore --data-dir d --force f", &expect!["restore of f to d, replace: Yes"]);
        check("restore", &expect!["error: the file is missing: name it after the command"]);
        check("backup a b", &expect![[r#"error: unexpected argument "b""#]]);
        check("backup a --force", &expect!["error: invalid option '--force'"]);
        check("", &expect!["Kubernetes you can see through."]);
        check("serve --help", &expect!["Kubernetes you can see through."]);
        check("serve --listen", &expect!["error: missing argument for option '--listen'"]);
        check("serve --nodes 3", &expect![[r#"error: cannot parse argument "3": nodes are simulated: write sim:N"#]]);
        check("serve --nodes sim:6000", &expect![[r#"error: cannot parse argument "sim:6000": at most 5000"#]]);
        check("sail", &expect![[r#"error: unexpected argument "sail""#]]);
        check("serve --fast", &expect!["error: invalid option '--fast'"]);
    }

    #[test]
    fn the_version_is_the_crates() {
        check("--version", &expect!["pilothouse 0.1.0"]);
    }
}
