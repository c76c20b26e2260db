//! One simulated node: carries out a kubelet's commands in virtual time and reports what happened.

use super::NodeConfig;
use super::check;
use super::fault::Fault;
use super::images::{Catalog, digest};
use super::process::{LogLine, Process, Program, cannot_start, exceeds_memory};
use super::pulls::{Ask, PullProgress, Pulls};
use super::script::Next;
use crate::kubelet::Profile;
use crate::kubelet::runtime::{
    Check, Command, ContainerSpec, Happening, Outcome, Purpose, Report, Role, RunKey, SandboxSpec,
};
use crate::model::{Chance, Few, Span, Text, Time};
use crate::trace::Cause;
use smol_str::format_smolstr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many past runs of a container keep their logs.
const RUNS_KEPT: u32 = 1;

/// How long a process allocates before it meets its memory limit.
const OOM_AFTER: Span = Span::millis(800);

/// One simulated node.
#[derive(Clone, Debug)]
pub struct SimNode {
    config: NodeConfig,
    chance: Chance,
    pub(super) catalog: Catalog,
    agenda: BTreeMap<(Time, u64), Entry>,
    counter: u64,
    pub(super) sandboxes: BTreeMap<Text, Sandbox>,
    pub(super) processes: BTreeMap<RunKey, Box<Process>>,
    /// The environment of the container that started last; that of the next one is mostly equal.
    environment: Arc<Few<Text, Text>>,
    pub(super) pulls: Pulls,
    next_ip: u32,
    faults: Faults,
}

/// What is to happen, and because of what.
#[derive(Clone, Debug)]
struct Entry {
    what: Due,
    cause: Option<Cause>,
}

#[derive(Clone, Debug)]
pub(super) enum Due {
    /// Tell the kubelet.
    Report(Text, Happening),
    /// A container's start is through.
    Start(Box<ContainerSpec>),
    /// A process goes on.
    Advance(RunKey),
    /// A process ends.
    End { run: RunKey, code: i32, oom: bool },
    /// The pull that goes on ends.
    PullEnds,
    /// A probe or hook is done.
    Check { run: RunKey, purpose: Purpose, check: Check, timeout: Span },
}

#[derive(Clone, Debug)]
pub(super) struct Sandbox {
    pub(super) spec: SandboxSpec,
    pub(super) ip: Text,
}

/// The faults in force, each with what made it.
#[derive(Clone, Debug, Default)]
struct Faults {
    crashing: BTreeMap<Text, (Span, Option<Cause>)>,
    refused: BTreeMap<(Text, u16), Option<Cause>>,
    slow: Option<(u32, Option<Cause>)>,
    lost: Reach,
}

/// Whether the node can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    #[default]
    Reached,
    Lost,
}

/// What the page shows of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The pulls, the active one first.
    pub pulls: Vec<PullProgress>,
    /// The containers that run.
    pub containers: Vec<RunningContainer>,
    /// Thousandths of a core in use.
    pub cpu_milli: i64,
    /// Bytes in use.
    pub memory: i64,
    /// True while the node cannot be reached.
    pub is_lost: bool,
}

/// A container that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningContainer {
    /// Which run.
    pub run: RunKey,
    /// As the pod names it.
    pub image: Text,
    /// When it started.
    pub since: Time,
    /// Thousandths of a core in use.
    pub cpu_milli: i64,
    /// Bytes in use.
    pub memory: i64,
}

/// Which lines of a log are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only lines from this time on.
    pub since: Option<Time>,
    /// Only this many, the newest.
    pub tail: Option<usize>,
}

/// A place in the log of one run of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPlace {
    attempt: u32,
    lines: usize,
}

/// What was logged after a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogNews {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// The place after them.
    pub place: LogPlace,
    /// True if the run logs no more.
    pub has_ended: bool,
}

impl SimNode {
    /// A node without pods; `chance` decides how long things take.
    pub fn new(config: NodeConfig, chance: Chance, catalog: Catalog) -> Self {
        Self {
            config,
            chance,
            catalog,
            agenda: BTreeMap::new(),
            counter: 0,
            sandboxes: BTreeMap::new(),
            processes: BTreeMap::new(),
            environment: Arc::default(),
            pulls: Pulls::default(),
            next_ip: 2,
            faults: Faults::default(),
        }
    }

    /// What it is.
    pub fn config(&self) -> &NodeConfig {
        &self.config
    }

    /// Takes a command; what comes of it is reported later.
    pub fn execute(&mut self, command: Command, now: Time) {
        self.execute_because(command, None, now);
    }

    /// The same, and what follows from it carries this cause.
    pub fn execute_because(&mut self, command: Command, cause: Option<Cause>, now: Time) {
        match command {
            Command::RunSandbox(spec) => self.run_sandbox(*spec, cause, now),
            Command::PullImage { pod, container, image } => {
                self.pulls.ask(Ask { pod, container, image, asked_at: now, cause });
                self.next_pull(now);
            }
            Command::StartContainer(spec) => {
                let after = self.between(80, 200);
                self.put(now + after, Due::Start(spec), cause);
            }
            Command::StopContainer { run, grace } => self.stop(&run, grace, cause, now),
            Command::Check { run, purpose, check, timeout } => {
                let after = if let Check::Sleep(span) = check { span } else { Span::ZERO };
                self.put(now + after, Due::Check { run, purpose, check, timeout }, cause);
            }
            Command::StopSandbox { pod } => {
                let after = self.between(60, 160);
                self.put(now + after, Due::Report(pod, Happening::SandboxStopped), cause);
            }
            Command::RemovePod { pod } => self.processes.retain(|run, _| run.pod != pod),
        }
    }

    /// When something happens next; `None` while nothing is to happen, or nobody could learn of it.
    pub fn next_due(&self) -> Option<Time> {
        if self.is_lost() { None } else { self.agenda.first_key_value().map(|((at, _), _)| *at) }
    }

    /// True while the node cannot be reached: its kubelet must not be woken, nor told of changes.
    pub fn is_lost(&self) -> bool {
        self.faults.lost == Reach::Lost
    }

    /// Everything that happened up to now, in order.
    pub fn due(&mut self, now: Time) -> Vec<Report> {
        let mut reports = Vec::new();
        if self.is_lost() {
            return reports;
        }
        while let Some(((at, _), _)) = self.agenda.first_key_value().filter(|((at, _), _)| *at <= now) {
            let at = *at;
            if let Some((_, entry)) = self.agenda.pop_first() {
                self.happen(entry, at, &mut reports);
            }
        }
        reports
    }

    /// Does something to the node; what follows from it carries `cause`.
    pub fn fault(&mut self, fault: Fault, cause: Option<Cause>, now: Time) {
        match fault {
            Fault::KillContainer { pod, container } => self.kill(&pod, &container, false, cause, now),
            Fault::OutOfMemory { pod, container } => self.kill(&pod, &container, true, cause, now),
            Fault::CrashImage { image, after } => self.crash_image(image, after, cause, now),
            Fault::HealImage { image } => drop(self.faults.crashing.remove(&image)),
            Fault::LoseNode => self.faults.lost = Reach::Lost,
            Fault::ReturnNode => self.faults.lost = Reach::Reached,
            Fault::SlowPulls { factor } => self.slow_pulls(factor, cause, now),
            Fault::RefusePort { pod, port } => drop(self.faults.refused.insert((pod, port), cause)),
            Fault::AcceptPort { pod, port } => drop(self.faults.refused.remove(&(pod, port))),
        }
    }

    /// The log of a container's present run, or of the one before; `None` if there was none.
    pub fn logs(&self, pod: &str, container: &str, previous: Previous, query: LogQuery) -> Option<Vec<LogLine>> {
        let mut runs = self.runs(pod, container).rev();
        let process = match previous {
            Previous::No => runs.next()?,
            Previous::Yes => runs.nth(1)?,
        };
        let lines = process.log.iter().filter(|it| query.since.is_none_or(|since| it.time >= since));
        let lines: Vec<LogLine> = lines.cloned().collect();
        let skip = lines.len().saturating_sub(query.tail.unwrap_or(usize::MAX));
        Some(lines.into_iter().skip(skip).collect())
    }

    /// What a container's run has logged after `place`; without one, nothing but the end of the present run's log.
    /// `None` if there was no such run.
    pub fn log_news(&self, pod: &str, container: &str, place: Option<LogPlace>) -> Option<LogNews> {
        let key = |attempt| RunKey { pod: pod.into(), container: container.into(), attempt };
        let (run, process) = match place {
            None => self.processes.range(key(0)..=key(u32::MAX)).next_back()?,
            Some(place) => self.processes.get_key_value(&key(place.attempt))?,
        };
        let lines = place.map(|it| process.lines_after(it.lines).to_vec()).unwrap_or_default();
        let place = LogPlace { attempt: run.attempt, lines: process.lines_ever() };
        Some(LogNews { lines, place, has_ended: process.ended.is_some() })
    }

    /// Runs a command in a container: standard output, standard error, exit code.
    ///
    /// # Errors
    /// The container does not run, or has no such program.
    pub fn exec(
        &mut self,
        pod: &str,
        container: &str,
        argv: &[Text],
        now: Time,
    ) -> Result<(String, String, i32), Text> {
        let mut runs = self
            .processes
            .iter_mut()
            .filter(|(run, it)| run.pod == pod && run.container == container && it.ended.is_none());
        let (_, process) = runs.next().ok_or_else(|| format_smolstr!("container not found (\"{container}\")"))?;
        process.exec(argv, now).map(|it| (it.output.out, it.output.err, it.output.code))
    }

    /// True if a fault refuses connections to a port of a pod.
    #[cfg(feature = "every-kind")]
    pub(super) fn refuses(&self, pod: &str, port: u16) -> bool {
        self.faults.refused.contains_key(&(Text::new(pod), port))
    }

    /// What the page shows.
    pub fn snapshot(&self, now: Time) -> Snapshot {
        let live = self.processes.iter().filter(|(_, it)| it.ended.is_none());
        let containers: Vec<RunningContainer> = live
            .map(|(run, it)| {
                let (cpu_milli, memory) = it.usage(now);
                RunningContainer {
                    run: run.clone(),
                    image: it.spec.image.clone(),
                    since: it.started_at,
                    cpu_milli,
                    memory,
                }
            })
            .collect();
        Snapshot {
            pulls: self.pulls.progress(now),
            cpu_milli: containers.iter().map(|it| it.cpu_milli).sum(),
            memory: containers.iter().map(|it| it.memory).sum(),
            containers,
            is_lost: self.is_lost(),
        }
    }

    /// Thousandths of a core and bytes of memory that the containers use together.
    pub fn load(&self, now: Time) -> (i64, i64) {
        let live = self.processes.values().filter(|it| it.ended.is_none()).map(|it| it.usage(now));
        live.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
    }

    /// The pulls, the active one first.
    pub fn pulls(&self, now: Time) -> Vec<PullProgress> {
        self.pulls.progress(now)
    }

    fn runs<'a>(&'a self, pod: &str, container: &str) -> impl DoubleEndedIterator<Item = &'a Process> {
        let key = |attempt| RunKey { pod: pod.into(), container: container.into(), attempt };
        self.processes.range(key(0)..=key(u32::MAX)).map(|(_, it)| it.as_ref())
    }

    pub(super) fn put(&mut self, at: Time, what: Due, cause: Option<Cause>) {
        self.counter += 1;
        self.agenda.insert((at, self.counter), Entry { what, cause });
    }

    /// A span between two numbers of milliseconds; none at all on an ideal node.
    fn between(&mut self, least: i64, most: i64) -> Span {
        if self.config.profile == Profile::Ideal {
            return Span::ZERO;
        }
        let drawn = self.chance.below(u64::try_from(most - least).unwrap_or(0));
        Span::millis(least + i64::try_from(drawn).unwrap_or(0))
    }

    fn run_sandbox(&mut self, spec: SandboxSpec, cause: Option<Cause>, now: Time) {
        let ip = if spec.host_network { self.config.address() } else { self.free_ip() };
        let after = self.between(250, 550);
        let pod = spec.pod.clone();
        self.sandboxes.insert(pod.clone(), Sandbox { spec, ip: ip.clone() });
        self.put(now + after, Due::Report(pod, Happening::SandboxReady { ip }), cause);
    }

    /// The next address of the node's network, going round.
    fn free_ip(&mut self) -> Text {
        const LAST: u32 = 254;
        let network = self.config.pod_network();
        let taken: BTreeSet<&Text> = self.sandboxes.values().map(|it| &it.ip).collect();
        let mut ip = Text::default();
        for _ in 2..=LAST {
            ip = format_smolstr!("{network}.{}", self.next_ip);
            self.next_ip = if self.next_ip >= LAST { 2 } else { self.next_ip + 1 };
            if !taken.contains(&ip) {
                break;
            }
        }
        ip
    }

    fn next_pull(&mut self, now: Time) {
        let factor = self.faults.slow.as_ref().map_or(1, |it| i64::from(it.0.max(1)));
        if let Some(at) = self.pulls.begin(&self.catalog, self.config.pull_rate / factor, now) {
            self.put(at, Due::PullEnds, None);
        }
    }

    fn happen(&mut self, entry: Entry, now: Time, reports: &mut Vec<Report>) {
        let Entry { what, cause } = entry;
        match what {
            Due::Report(pod, what) => {
                if what == Happening::SandboxStopped {
                    self.clear(&pod);
                }
                reports.push(Report { pod, what, at: now, cause });
            }
            Due::Start(spec) => self.start(*spec, cause, now, reports),
            Due::Advance(run) => self.advance(&run, cause, now),
            Due::End { run, code, oom } => reports.extend(self.end(&run, code, oom, cause, now)),
            Due::PullEnds => {
                if let Some((ask, what)) = self.pulls.finish(now) {
                    let cause = self.faults.slow.as_ref().and_then(|it| it.1).or(ask.cause);
                    reports.push(Report { pod: ask.pod, what, at: now, cause });
                }
                self.next_pull(now);
            }
            Due::Check { run, purpose, check, timeout } => self.check(run, purpose, (&check, timeout), cause, now),
        }
    }

    fn start(&mut self, spec: ContainerSpec, cause: Option<Cause>, now: Time, reports: &mut Vec<Report>) {
        let run = spec.run.clone();
        let id = format_smolstr!("containerd://{}", digest(&[&run.pod, &run.container, &run.attempt.to_string()]));
        let hostname = self.sandboxes.get(&run.pod).map_or(Text::default(), |it| it.spec.hostname.clone());
        let Ok(image) = self.catalog.resolve(&spec.image).or_else(|_| self.catalog.resolve("pilothouse/unknown"))
        else {
            return;
        };
        if self.config.profile == Profile::Faithful
            && let Some(message) = cannot_start(&spec, image.behaviour)
        {
            let what = Happening::StartFailed { run: run.clone(), id, message };
            reports.push(Report { pod: run.pod, what, at: now, cause });
            return;
        }
        let mut info = image.info.clone();
        if self.config.profile == Profile::Ideal {
            info.digest = format_smolstr!("docker.io/library/fake@sha256:{}", digest(&[&info.name]));
        }
        let exceeds = exceeds_memory(&spec, image.behaviour);
        let mut process = Process::new(spec, &image, id.clone(), hostname, now);
        let crash = self.faults.crashing.get(&process.spec.image).copied();
        if self.config.profile == Profile::Ideal {
            process.replace(self.ideal_program(&process.spec, now));
        } else if let Some((after, _)) = crash {
            process.replace(Program::Ends { at: now + after, code: 1 });
        }
        self.processes.retain(|old, _| {
            old.pod != run.pod || old.container != run.container || old.attempt + RUNS_KEPT >= run.attempt
        });
        process.world.share(&mut self.environment);
        self.processes.insert(run.clone(), Box::new(process));
        reports.push(Report {
            pod: run.pod.clone(),
            what: Happening::Started { run: run.clone(), id, image: info },
            at: now,
            cause,
        });
        if exceeds {
            self.put(now + OOM_AFTER, Due::End { run: run.clone(), code: 137, oom: true }, cause);
        }
        self.advance(&run, crash.and_then(|it| it.1).or(cause), now);
    }

    /// What the recorded nodes ran.
    pub(super) fn ideal_program(&self, spec: &ContainerSpec, now: Time) -> Program {
        let annotations = self.sandboxes.get(&spec.run.pod).map_or(&[][..], |it| &it.spec.annotations);
        let code = annotations.iter().find(|it| it.0 == "golden.example/exit-code").and_then(|it| it.1.parse().ok());
        match spec.role {
            Role::Init => Program::Ends { at: now, code: 0 },
            Role::Main if !spec.restarts_always => {
                Program::Ends { at: now + Span::seconds(2), code: code.unwrap_or(0) }
            }
            Role::Sidecar | Role::Main => Program::Obedient,
        }
    }

    fn advance(&mut self, run: &RunKey, cause: Option<Cause>, now: Time) {
        let Some(process) = self.processes.get_mut(run).filter(|it| it.ended.is_none()) else { return };
        match process.advance(now) {
            Next::Never => {}
            Next::At(at) => self.put(at, Due::Advance(run.clone()), cause),
            Next::Exit(code) => self.put(now, Due::End { run: run.clone(), code, oom: false }, cause),
        }
    }

    fn end(&mut self, run: &RunKey, code: i32, oom: bool, cause: Option<Cause>, now: Time) -> Option<Report> {
        let process = self.processes.get_mut(run).filter(|it| it.ended.is_none())?;
        process.ended = Some(now);
        let (message, log_tail) = (process.message(), process.log_tail());
        let what = Happening::Exited { run: run.clone(), code, oom, message, log_tail };
        Some(Report { pod: run.pod.clone(), what, at: now, cause })
    }

    fn stop(&mut self, run: &RunKey, grace: Span, cause: Option<Cause>, now: Time) {
        let Some(process) = self.processes.get(run) else { return };
        let killed = (grace, 137);
        let (after, code) = process.on_sigterm().filter(|it| it.0 <= grace).unwrap_or(killed);
        self.put(now + after, Due::End { run: run.clone(), code, oom: false }, cause);
    }

    fn kill(&mut self, pod: &str, container: &str, oom: bool, cause: Option<Cause>, now: Time) {
        let run = self.runs(pod, container).rev().find(|it| it.ended.is_none()).map(|it| it.spec.run.clone());
        if let Some(run) = run {
            self.put(now, Due::End { run, code: 137, oom }, cause);
        }
    }

    fn crash_image(&mut self, image: Text, after: Span, cause: Option<Cause>, now: Time) {
        let live = self.processes.iter().filter(|(_, it)| it.ended.is_none() && it.spec.image == image);
        for run in live.map(|(run, _)| run.clone()).collect::<Vec<_>>() {
            self.put(now + after, Due::End { run, code: 1, oom: false }, cause);
        }
        self.faults.crashing.insert(image, (after, cause));
    }

    fn slow_pulls(&mut self, factor: u32, cause: Option<Cause>, now: Time) {
        let old = self.faults.slow.as_ref().map_or(1, |it| i64::from(it.0.max(1)));
        let new = factor.max(1);
        let rate = self.config.pull_rate;
        self.faults.slow = (new > 1).then_some((new, cause));
        if let Some(at) = self.pulls.stretch(rate / old, rate / i64::from(new), now) {
            self.put(at, Due::PullEnds, cause);
        }
    }

    fn check(
        &mut self,
        run: RunKey,
        purpose: Purpose,
        (check, timeout): (&Check, Span),
        cause: Option<Cause>,
        now: Time,
    ) {
        let pod = run.pod.clone();
        let of_pod = self.processes.iter_mut().filter(|(key, it)| key.pod == pod && it.ended.is_none());
        let mut processes: Vec<&mut Process> = of_pod.map(|(_, it)| it.as_mut()).collect();
        let faults = &self.faults.refused;
        let fault = |port: u16| faults.get(&(pod.clone(), port));
        let (outcome, takes) =
            check::perform(check, timeout, &run.container, &mut processes, |port| fault(port).is_some(), now);
        let by_fault = port_of(check).and_then(fault).copied().flatten();
        let cause = if outcome == Outcome::Success { cause } else { by_fault.or(cause) };
        let slept = matches!(check, Check::Sleep(_));
        let what = Happening::Checked { run, purpose, outcome };
        let takes = if slept { Span::ZERO } else { takes };
        self.put(now + takes, Due::Report(pod, what), cause);
    }

    /// Forgets a pod's sandbox.
    fn clear(&mut self, pod: &Text) {
        self.sandboxes.remove(pod);
        self.faults.refused.retain(|(of, _), _| of != pod);
    }
}

/// Whether the log of the run before is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Previous {
    /// The present run's.
    #[default]
    No,
    /// The one before.
    Yes,
}

fn port_of(check: &Check) -> Option<u16> {
    match check {
        Check::Http { port, .. } | Check::Tcp { port, .. } | Check::Grpc { port, .. } => Some(*port),
        Check::Exec(_) | Check::Sleep(_) => None,
    }
}
