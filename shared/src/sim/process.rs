//! The process of one container: what it does, what it logs, how it takes a signal.

use super::images::{Behaviour, Image};
use super::script::{self, HOSTNAME, Machine, Next, World};
use crate::kubelet::runtime::ContainerSpec;
use crate::model::{Few, Span, Text, Time};
use smol_str::format_smolstr;
use std::sync::Arc;

/// How many lines of a container's log are kept; older ones are dropped.
pub(super) const LOG_LINES_MAX: usize = 10_000;
/// How long the test image's `liveness` server says that it is well.
const LIVENESS_HEALTHY: Span = Span::seconds(10);

/// How long it takes to enter a container and run something that takes no time.
const EXEC: Span = Span::millis(30);
/// How often a command run in a container may sleep before it counts as endless.
const SLEEPS_MAX: u32 = 1_000;

/// A command that was run in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Executed {
    pub(super) output: script::Output,
    /// How long it takes; `None` if it does not end by itself.
    pub(super) takes: Option<Span>,
}

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When its first byte was written.
    pub time: Time,
    /// Without the newline.
    pub text: Text,
}

/// A container's process, running or ended.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// Without environment and files, which are in the world now.
    pub(super) spec: ContainerSpec,
    /// The image's name in full.
    #[cfg(feature = "every-kind")]
    pub(super) image: Text,
    pub(super) behaviour: Behaviour,
    pub(super) id: Text,
    pub(super) world: World,
    pub(super) started_at: Time,
    pub(super) ended: Option<Time>,
    pub(super) log: Vec<LogLine>,
    /// How many lines were let go to keep the log short.
    dropped: usize,
    /// The last line of the log has no newline yet.
    open_line: bool,
    program: Program,
}

/// What a process does.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// Waits, and answers on its ports.
    Serves { ports: Vec<u16>, as_what: Behaviour },
    /// Runs a script.
    Script(Box<Machine>),
    /// Ends by itself.
    Ends { at: Time, code: i32 },
    /// What recorded nodes run: it ends as soon as it is told to.
    Obedient,
}

/// What a server says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nobody listens.
    Refused,
    /// Somebody listens who does not speak HTTP.
    NotHttp,
    /// An HTTP status code.
    Status(u16),
}

impl Process {
    /// The process that a container's image, command and arguments make.
    pub(super) fn new(mut spec: ContainerSpec, image: &Image, id: Text, hostname: Text, now: Time) -> Self {
        let mut files: Few<Text, String> =
            std::mem::take(&mut spec.files).into_iter().map(|(path, text)| (path, text.into())).collect();
        files.insert(Text::new_static("/etc/hostname"), format!("{hostname}\n"));
        if let Some((path, page)) = start_page(image.behaviour).filter(|(path, _)| !files.contains_key(*path)) {
            files.insert(Text::new_static(path), page.to_owned());
        }
        let mut env: Few<Text, Text> = std::mem::take(&mut spec.env).into_iter().collect();
        env.retain(|name, _| name != HOSTNAME);
        let world = World { files, env: Arc::new(env), hostname };
        let (program, lines) = program(&spec, image.behaviour, now);
        let log = lines.into_iter().map(|text| LogLine { time: now, text }).collect();
        let (dropped, open_line) = (0, false);
        let behaviour = image.behaviour;
        Self {
            spec,
            #[cfg(feature = "every-kind")]
            image: image.info.full_name.clone(),
            behaviour,
            id,
            world,
            started_at: now,
            ended: None,
            log,
            dropped,
            open_line,
            program,
        }
    }

    /// Puts another program in place of the image's.
    pub(super) fn replace(&mut self, program: Program) {
        self.program = program;
    }

    /// Goes on as far as it can.
    pub(super) fn advance(&mut self, now: Time) -> Next {
        match &mut self.program {
            Program::Serves { .. } | Program::Obedient => Next::Never,
            Program::Ends { at, code } => {
                if *at <= now {
                    Next::Exit(*code)
                } else {
                    Next::At(*at)
                }
            }
            Program::Script(machine) => {
                let mut machine = machine.clone();
                let mut world = std::mem::take(&mut self.world);
                let next = machine.advance(&mut world, now, &mut |text, _| self.print(text, now));
                self.world = world;
                self.program = Program::Script(machine);
                next
            }
        }
    }

    /// How long it takes to end on SIGTERM and with which code; `None` if it does not react.
    pub(super) fn on_sigterm(&self) -> Option<(Span, i32)> {
        match &self.program {
            Program::Obedient => Some((Span::millis(100), 0)),
            Program::Ends { .. } => Some((Span::millis(20), 143)),
            // A shell or sleep as process 1 has no handler, and the kernel delivers it no signal without one.
            Program::Script(_) => None,
            Program::Serves { as_what, .. } => match as_what {
                Behaviour::Shell | Behaviour::Stress => None,
                Behaviour::Agnhost => Some((Span::millis(10), 2)),
                Behaviour::Idle | Behaviour::Web(_) => Some((Span::millis(100), 143)),
                Behaviour::Nginx | Behaviour::Httpd | Behaviour::Redis | Behaviour::Server(_) => {
                    Some((Span::millis(120), 0))
                }
            },
        }
    }

    /// Adds to the log.
    pub(super) fn print(&mut self, text: &str, now: Time) {
        for piece in text.split_inclusive('\n') {
            let line = piece.trim_end_matches('\n');
            match self.log.last_mut().filter(|_| self.open_line) {
                Some(last) => last.text = format_smolstr!("{}{line}", last.text),
                None => self.log.push(LogLine { time: now, text: line.into() }),
            }
            self.open_line = !piece.ends_with('\n');
        }
        let surplus = self.log.len().saturating_sub(LOG_LINES_MAX);
        self.log.drain(..surplus);
        self.dropped += surplus;
    }

    /// How many whole lines there were ever; a line that still grows does not count.
    pub(super) fn lines_ever(&self) -> usize {
        let growing = usize::from(self.open_line && self.ended.is_none());
        self.dropped + self.log.len().saturating_sub(growing)
    }

    /// The whole lines after the first `seen` ever.
    pub(super) fn lines_after(&self, seen: usize) -> &[LogLine] {
        let from = seen.saturating_sub(self.dropped).min(self.log.len());
        let to = (self.lines_ever() - self.dropped).max(from);
        &self.log[from..to]
    }

    /// True if it accepts connections on a port.
    pub(super) fn listens(&self, port: u16) -> bool {
        self.ended.is_none() && matches!(&self.program, Program::Serves { ports, .. } if ports.contains(&port))
    }

    /// What it answers to a probe's HTTP GET; a server that keeps an access log writes to it.
    pub(super) fn get(&mut self, port: u16, path: &str, client: &str, now: Time) -> Answer {
        let answer = self.answer(port, path, now);
        if let Answer::Status(code) = answer {
            let size = if code == 200 { 615 } else { 153 };
            self.note_access(client, &format!("GET {path}"), (code, size), "kube-probe/1.36", now);
        }
        answer
    }

    /// What it answers to an HTTP GET.
    pub(super) fn answer(&self, port: u16, path: &str, now: Time) -> Answer {
        let Program::Serves { ports, as_what } = &self.program else { return Answer::Refused };
        if !ports.contains(&port) || self.ended.is_some() {
            return Answer::Refused;
        }
        Answer::Status(match *as_what {
            Behaviour::Server(_) | Behaviour::Redis => return Answer::NotHttp,
            Behaviour::Nginx | Behaviour::Httpd => {
                if self.page(*as_what, path).is_some() {
                    200
                } else {
                    404
                }
            }
            Behaviour::Agnhost => self.agnhost(path, now),
            Behaviour::Web(_) | Behaviour::Idle | Behaviour::Shell | Behaviour::Stress => 200,
        })
    }

    /// Writes a line to the access log of a server that keeps one: `what` is method and path, then code and size in bytes.
    pub(super) fn note_access(&mut self, client: &str, what: &str, (code, size): (u16, usize), agent: &str, now: Time) {
        let Program::Serves { as_what: as_what @ (Behaviour::Nginx | Behaviour::Httpd), .. } = self.program else {
            return;
        };
        let stamp = access_time(now);
        let tail = if as_what == Behaviour::Nginx { format!(" \"-\" \"{agent}\" \"-\"") } else { String::new() };
        self.print(&format!("{client} - - [{stamp}] \"{what} HTTP/1.1\" {code} {size}{tail}\n"), now);
    }

    /// The file that a web server gives for a path.
    pub(super) fn page(&self, as_what: Behaviour, path: &str) -> Option<&String> {
        let root = if as_what == Behaviour::Nginx { "/usr/share/nginx/html" } else { "/usr/local/apache2/htdocs" };
        let path = path.split('?').next().unwrap_or(path);
        let page = if path.ends_with('/') { format!("{root}{path}index.html") } else { format!("{root}{path}") };
        self.world.files.get(page.as_str())
    }

    fn agnhost(&self, path: &str, now: Time) -> u16 {
        let is_liveness = self.spec.args.first().is_some_and(|it| it == "liveness");
        let sick = is_liveness && path.starts_with("/healthz") && now - self.started_at > LIVENESS_HEALTHY;
        if sick { 500 } else { 200 }
    }

    /// CPU in thousandths of a core and memory in bytes that it uses now.
    pub(super) fn usage(&self, now: Time) -> (i64, i64) {
        const MEBI: i64 = 1 << 20;
        let wobble =
            i64::try_from(super::images::hash(&[&self.id, &(now.as_seconds() / 15).to_string()]) % 16).unwrap_or(0);
        let (cpu, memory) = match (&self.program, self.behaviour) {
            (Program::Script(_), _) => (1, MEBI),
            (_, Behaviour::Stress) => (40, stressed(&self.spec).unwrap_or(MEBI)),
            (_, Behaviour::Server(_)) => (8, 180 * MEBI),
            (_, Behaviour::Web(_) | Behaviour::Idle) => (3, 42 * MEBI),
            (_, Behaviour::Redis | Behaviour::Httpd) => (3, 9 * MEBI),
            (_, Behaviour::Nginx | Behaviour::Agnhost | Behaviour::Shell) => (1, 5 * MEBI),
        };
        (cpu + wobble % (cpu + 1), memory + memory / 64 * wobble / 4)
    }

    /// The end of its log, as a termination message.
    pub(super) fn log_tail(&self) -> Text {
        const LINES: usize = 80;
        const BYTES: usize = 2048;
        let lines: Vec<&str> = self.log.iter().rev().take(LINES).map(|it| it.text.as_str()).collect();
        let text: String = lines.into_iter().rev().map(|it| format!("{it}\n")).collect();
        let from = text.len().saturating_sub(BYTES);
        text.get(from..).unwrap_or(&text).into()
    }

    /// What it left at its termination message path.
    pub(super) fn message(&self) -> Text {
        self.world.files.get(&self.spec.message_path).map_or(Text::default(), Text::from)
    }
}

/// The page that a web server's image brings along.
fn start_page(behaviour: Behaviour) -> Option<(&'static str, &'static str)> {
    match behaviour {
        Behaviour::Nginx => Some(("/usr/share/nginx/html/index.html", "<h1>Welcome to nginx!</h1>\n")),
        Behaviour::Httpd => {
            Some(("/usr/local/apache2/htdocs/index.html", "<html><body><h1>It works!</h1></body></html>\n"))
        }
        Behaviour::Redis
        | Behaviour::Server(_)
        | Behaviour::Web(_)
        | Behaviour::Agnhost
        | Behaviour::Shell
        | Behaviour::Stress
        | Behaviour::Idle => None,
    }
}

/// The memory in bytes that a `stress` is told to use: `--vm-bytes 250M`.
fn stressed(spec: &ContainerSpec) -> Option<i64> {
    let argv: Vec<&Text> = spec.command.iter().chain(&spec.args).collect();
    let at = argv.iter().position(|it| *it == "--vm-bytes")?;
    let text = argv.get(at + 1)?;
    let (digits, unit) = text.split_at(text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.to_ascii_lowercase().as_str() {
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => 0,
    };
    digits.parse::<i64>().ok()?.checked_mul(1 << shift)
}

/// True if a container of this image and with these arguments needs more memory than its limit allows.
pub(super) fn exceeds_memory(spec: &ContainerSpec, behaviour: Behaviour) -> bool {
    let wanted = if behaviour == Behaviour::Stress { stressed(spec) } else { None };
    spec.memory_limit > 0 && wanted.is_some_and(|it| it > spec.memory_limit)
}

/// The program of a container, and the first lines of its log.
fn program(spec: &ContainerSpec, behaviour: Behaviour, now: Time) -> (Program, Vec<Text>) {
    let shell = behaviour == Behaviour::Shell;
    let argv: Vec<Text> = match (spec.command.is_empty(), shell) {
        (false, _) => spec.command.iter().chain(&spec.args).cloned().collect(),
        (true, true) => spec.args.clone(),
        (true, false) => Vec::new(),
    };
    let name = argv.first().map_or("", |it| it.rsplit('/').next().unwrap_or(it));
    let starts_server =
        ["nginx", "httpd", "httpd-foreground", "redis-server", "agnhost", "docker-entrypoint.sh", "stress"];
    if name.is_empty() && shell {
        return (Program::Ends { at: Time::default(), code: 0 }, Vec::new());
    }
    if name.is_empty() || (starts_server.contains(&name) && !shell) {
        return (serves(spec, behaviour), start_lines(behaviour, now));
    }
    match machine(&argv, name) {
        Some(machine) => (Program::Script(Box::new(machine)), Vec::new()),
        None => (serves(spec, behaviour), vec![simulated(&argv.join(" "))]),
    }
}

/// The runtime's words when the program of a container is not in its image; `None` if it is, or may be.
pub(super) fn cannot_start(spec: &ContainerSpec, behaviour: Behaviour) -> Option<Text> {
    let argv: Vec<Text> = match (spec.command.is_empty(), behaviour) {
        (false, _) => spec.command.clone(),
        (true, Behaviour::Shell) => spec.args.clone(),
        (true, _) => Vec::new(),
    };
    let name = argv.first()?.rsplit('/').next().unwrap_or_default();
    let why = not_found(&argv);
    (!has_program(behaviour, name)).then(|| {
        format_smolstr!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: \
             unable to start container process: error during container init: {why}"
        )
    })
}

fn not_found(argv: &[Text]) -> String {
    let first = argv.first().map_or("", Text::as_str);
    let why = if first.contains('/') { "no such file or directory" } else { "executable file not found in $PATH" };
    let stat = if first.contains('/') { format!("stat {first}: ") } else { String::new() };
    format!("exec: \"{first}\": {stat}{why}")
}

/// Whether an image has a program: known for shells and web servers, assumed for all others.
fn has_program(behaviour: Behaviour, name: &str) -> bool {
    let is_usual = PROGRAMS.contains(&name) || script::COMMANDS.contains(&name);
    match behaviour {
        Behaviour::Shell | Behaviour::Nginx | Behaviour::Httpd => is_usual || name.contains('.'),
        Behaviour::Redis
        | Behaviour::Server(_)
        | Behaviour::Web(_)
        | Behaviour::Agnhost
        | Behaviour::Stress
        | Behaviour::Idle => true,
    }
}

/// Programs that images with a shell have beside those that are simulated.
const PROGRAMS: &[&str] = &[
    "sh",
    "ash",
    "bash",
    "nginx",
    "httpd",
    "httpd-foreground",
    "perl",
    "python",
    "python3",
    "node",
    "npm",
    "go",
    "pip",
    "apt-get",
    "apk",
    "awk",
    "base64",
    "basename",
    "bc",
    "chmod",
    "chown",
    "cp",
    "crond",
    "curl",
    "cut",
    "dd",
    "df",
    "dirname",
    "dmesg",
    "du",
    "egrep",
    "expr",
    "find",
    "fold",
    "free",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "id",
    "ifconfig",
    "install",
    "ip",
    "killall",
    "less",
    "ln",
    "logger",
    "md5sum",
    "mkfifo",
    "more",
    "mount",
    "mv",
    "nc",
    "netstat",
    "nice",
    "nohup",
    "nproc",
    "nslookup",
    "openssl",
    "pgrep",
    "ping",
    "pkill",
    "ps",
    "readlink",
    "route",
    "sed",
    "sha256sum",
    "shuf",
    "sort",
    "split",
    "stat",
    "stty",
    "su",
    "sync",
    "sysctl",
    "tac",
    "tail",
    "tar",
    "tee",
    "telnet",
    "time",
    "timeout",
    "top",
    "tr",
    "traceroute",
    "tty",
    "umount",
    "uniq",
    "unzip",
    "uptime",
    "usleep",
    "vi",
    "watch",
    "wc",
    "wget",
    "which",
    "xargs",
    "yes",
];

fn machine(argv: &[Text], name: &str) -> Option<Machine> {
    if !matches!(name, "sh" | "bash" | "ash") {
        return Machine::of_command(argv);
    }
    let flag = argv.iter().position(|it| it.starts_with('-') && it.ends_with('c'))?;
    Machine::new(argv.get(flag + 1)?)
}

fn serves(spec: &ContainerSpec, as_what: Behaviour) -> Program {
    let own = match as_what {
        Behaviour::Nginx | Behaviour::Httpd => Some(80),
        Behaviour::Redis => Some(6379),
        Behaviour::Server(port) | Behaviour::Web(port) => Some(port),
        Behaviour::Agnhost => agnhost_port(spec),
        Behaviour::Shell | Behaviour::Stress | Behaviour::Idle => None,
    };
    let declared = spec.ports.iter().map(|it| it.1);
    // What an unknown image listens on is only known from the ports that its pod declares.
    let ports = match own {
        Some(port) => vec![port],
        None => declared.collect(),
    };
    Program::Serves { ports, as_what }
}

fn agnhost_port(spec: &ContainerSpec) -> Option<u16> {
    let argv = spec.command.iter().chain(&spec.args);
    let explicit = argv.clone().find_map(|it| it.split_once("http-port=")?.1.parse().ok());
    match (explicit, argv.map(Text::as_str).find(|it| !it.starts_with(['-', '/']) && *it != "agnhost")) {
        (Some(port), _) => Some(port),
        (None, Some("serve-hostname")) => Some(9376),
        (None, Some("grpc-health-checking")) => Some(5000),
        (None, Some("pause") | None) => None,
        (None, Some(_)) => Some(8080),
    }
}

/// What a server prints when it starts, shortened.
fn start_lines(behaviour: Behaviour, now: Time) -> Vec<Text> {
    let stamp = now.to_string().replace('-', "/").replace('T', " ").replace('Z', "");
    match behaviour {
        Behaviour::Nginx => {
            let notice = |text: &str| format_smolstr!("{stamp} [notice] 1#1: {text}");
            vec![
                Text::new_static(
                    "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
                ),
                Text::new_static("/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/"),
                Text::new_static("/docker-entrypoint.sh: Configuration complete; ready for start up"),
                notice("using the \"epoll\" event method"),
                notice("start worker processes"),
            ]
        }
        Behaviour::Httpd => vec![Text::new_static("AH00094: Command line: 'httpd -D FOREGROUND'")],
        Behaviour::Redis => vec![Text::new_static("1:M * Ready to accept connections tcp")],
        Behaviour::Agnhost | Behaviour::Shell => Vec::new(),
        Behaviour::Stress => vec![Text::new_static("stress: info: [1] dispatching hogs: 0 cpu, 0 io, 1 vm, 0 hdd")],
        Behaviour::Server(_) | Behaviour::Web(_) | Behaviour::Idle => vec![simulated("the image's program")],
    }
}

fn simulated(what: &str) -> Text {
    format_smolstr!("pilothouse: simulated: {what} stays up without doing anything")
}

/// `01/Jan/2026:00:00:00 +0000`.
fn access_time(now: Time) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = now.to_string();
    let month = text[5..7].parse::<usize>().ok().and_then(|it| MONTHS.get(it.wrapping_sub(1))).unwrap_or(&"Jan");
    format!("{}/{month}/{}:{} +0000", &text[8..10], &text[..4], &text[11..19])
}

impl Process {
    /// Runs a command in the container, as `kubectl exec` and exec probes do.
    ///
    /// # Errors
    /// The runtime's words when there is no such program.
    pub(super) fn exec(&mut self, argv: &[Text], now: Time) -> Result<Executed, Text> {
        let name = argv.first().map_or("", |it| it.rsplit('/').next().unwrap_or(it));
        if let Some(machine) = machine(argv, name) {
            return Ok(self.run_through(machine, now));
        }
        if !has_program(self.behaviour, name) {
            let why = not_found(argv);
            return Err(format_smolstr!(
                "OCI runtime exec failed: exec failed: unable to start container process: {why}: unknown"
            ));
        }
        // The tools of server images (`redis-cli ping`, `pg_isready`) are not simulated; the server they ask is well.
        Ok(Executed { output: script::Output::default(), takes: Some(EXEC) })
    }

    /// Runs a script to its end at once and adds up how long it would have taken.
    fn run_through(&mut self, mut machine: Machine, now: Time) -> Executed {
        let mut output = script::Output::default();
        let mut at = now;
        let mut ends = None;
        for _ in 0..SLEEPS_MAX {
            let mut print = |text: &str, is_error: bool| {
                let stream = if is_error { &mut output.err } else { &mut output.out };
                stream.push_str(text);
            };
            match machine.advance(&mut self.world, at, &mut print) {
                Next::At(next) => at = next,
                Next::Never => break,
                Next::Exit(code) => {
                    output.code = code;
                    ends = Some(at - now + EXEC);
                    break;
                }
            }
        }
        Executed { output, takes: ends }
    }
}
