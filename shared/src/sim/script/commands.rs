//! The commands that take no time.

use super::{HOSTNAME, World};
use crate::model::{Text, Time};

/// The commands that it knows.
pub(in crate::sim) const COMMANDS: &[&str] = &[
    ":", "cat", "date", "echo", "env", "exit", "export", "false", "hostname", "kill", "ls", "mkdir", "printenv",
    "printf", "pwd", "rm", "seq", "set", "sleep", "test", "[", "touch", "trap", "true", "uname", "wait", "whoami",
];

/// What a command gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) struct Output {
    pub(in crate::sim) out: String,
    pub(in crate::sim) err: String,
    pub(in crate::sim) code: i32,
}

/// Does one command that takes no time.
pub(super) fn command(argv: &[String], world: &mut World, now: Time) -> Output {
    let name = argv.first().map_or("", |it| it.rsplit('/').next().unwrap_or(it));
    let operands: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let out = |text: String| Output { out: text, ..Output::default() };
    match name {
        "echo" => out(echo(&operands)),
        "printf" => out(operands.first().map_or(String::new(), |it| it.replace("\\n", "\n"))),
        "date" => out(format!("{now}\n")),
        "hostname" => out(format!("{}\n", world.hostname)),
        "whoami" => out("root\n".to_owned()),
        "pwd" => out("/\n".to_owned()),
        "uname" => out("Linux\n".to_owned()),
        "env" | "printenv" => environment(&operands, world),
        "seq" => out(sequence(&operands)),
        "cat" => cat(&operands, world),
        "ls" => ls(&operands, world),
        "touch" => {
            for path in operands {
                world.files.entry(path.into());
            }
            Output::default()
        }
        "rm" => {
            for path in operands.into_iter().filter(|it| !it.starts_with('-')) {
                let inside = format!("{path}/");
                world.files.retain(|file, _| file != path && !file.starts_with(&inside));
            }
            Output::default()
        }
        "test" | "[" => Output { code: i32::from(!test(&operands, world)), ..Output::default() },
        "false" => Output { code: 1, ..Output::default() },
        _ if COMMANDS.contains(&name) => Output::default(),
        _ => Output { err: format!("sh: {name}: not found\n"), code: 127, ..Output::default() },
    }
}

fn echo(args: &[&str]) -> String {
    match args {
        ["-n", rest @ ..] => rest.join(" "),
        ["-e", rest @ ..] => format!("{}\n", rest.join(" ").replace("\\n", "\n").replace("\\t", "\t")),
        _ => format!("{}\n", args.join(" ")),
    }
}

fn environment(names: &[&str], world: &World) -> Output {
    if names.is_empty() {
        let mut all = world.env.as_ref().clone();
        if !all.contains_key(HOSTNAME) {
            all.insert(Text::new_static(HOSTNAME), world.hostname.clone());
        }
        let lines = all.iter().map(|(name, value)| format!("{name}={value}\n"));
        return Output { out: lines.collect(), ..Output::default() };
    }
    let found = names.iter().filter_map(|name| world.variable(name));
    let out: String = found.map(|it| format!("{it}\n")).collect();
    Output { code: i32::from(out.is_empty()), out, ..Output::default() }
}

fn sequence(args: &[&str]) -> String {
    let numbers: Vec<i64> = args.iter().filter_map(|it| it.parse().ok()).collect();
    let (first, last) = match numbers[..] {
        [last] => (1, last),
        [first, last] => (first, last),
        _ => return String::new(),
    };
    (first..=last.min(first.saturating_add(10_000))).map(|it| format!("{it}\n")).collect()
}

fn cat(paths: &[&str], world: &World) -> Output {
    let mut output = Output::default();
    for path in paths {
        if let Some(text) = world.files.get(*path) {
            output.out.push_str(text);
        } else {
            output.err.extend(["cat: can't open '", path, "': No such file or directory\n"]);
            output.code = 1;
        }
    }
    output
}

fn ls(args: &[&str], world: &World) -> Output {
    let mut output = Output::default();
    for path in args.iter().filter(|it| !it.starts_with('-')) {
        let inside = format!("{}/", path.trim_end_matches('/'));
        let mut names: Vec<&str> =
            world.files.keys().filter_map(|it| it.strip_prefix(&inside)?.split('/').next()).collect();
        names.dedup();
        if world.files.contains_key(*path) {
            output.out.extend([path, "\n"]);
        } else if names.is_empty() {
            output.err.extend(["ls: ", path, ": No such file or directory\n"]);
            output.code = 1;
        }
        output.out.extend(names.iter().map(|it| format!("{it}\n")));
    }
    output
}

fn test(args: &[&str], world: &World) -> bool {
    let args = args.strip_suffix(&["]"]).unwrap_or(args);
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    match args {
        ["!", rest @ ..] => !test(rest, world),
        ["-f" | "-e" | "-s", path] => world.files.contains_key(*path),
        ["-d", path] => world.files.keys().any(|it| it.starts_with(&format!("{path}/"))),
        ["-z", text] => text.is_empty(),
        [a, "=" | "==", b] => a == b,
        [a, "!=", b] => a != b,
        [a, "-eq", b] => number(a) == number(b),
        [a, "-ne", b] => number(a) != number(b),
        [a, "-lt", b] => number(a) < number(b),
        [a, "-le", b] => number(a) <= number(b),
        [a, "-gt", b] => number(a) > number(b),
        [a, "-ge", b] => number(a) >= number(b),
        [text] | ["-n", text] => !text.is_empty(),
        _ => false,
    }
}
