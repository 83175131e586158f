//! Running programs: saying which, how long they take, and stopping them on Ctrl-C.

use std::cell::Cell;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// How often a running program is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// Where nobody sees cargo's own progress, a sign of life this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);
/// How long a program that was asked to stop may take.
const GRACE: Duration = Duration::from_secs(30);

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo sets this when it runs us, so that a moved checkout is found where it is now.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or(here.clone(), Path::to_owned)
}

/// Cargo's target directory, wherever variables and configuration put it.
pub(crate) fn target() -> Outcome<PathBuf> {
    static TARGET: OnceLock<Outcome<PathBuf>> = OnceLock::new();
    TARGET
        .get_or_init(|| {
            let output = cargo(["metadata", "--format-version=1", "--no-deps", "--offline"])
                .stderr(Stdio::inherit())
                .output()
                .map_err(|error| format!("cargo metadata: {error}"))?;
            let text = String::from_utf8_lossy(&output.stdout);
            let (_, rest) = text.split_once("\"target_directory\":\"").ok_or("cargo metadata names no target directory")?;
            let (path, _) = rest.split_once('"').ok_or("cargo metadata ends early")?;
            Ok(PathBuf::from(path.replace("\\\\", "\\")))
        })
        .clone()
}

/// A program to be run at the root of the workspace.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Cargo at the root of the workspace, with its progress where a person sees it.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo sets for us would look like a change to the build scripts of the next build.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    if !std::io::stderr().is_terminal() {
        // In a log, the name of every crate hides what matters.
        command.env("CARGO_TERM_QUIET", "true");
    }
    if BESIDE.get() {
        command.env("CARGO_TERM_PROGRESS_WHEN", "never");
    }
    command.args(args);
    command
}

thread_local! {
    /// Whether another thread's program shows its progress on the terminal.
    static BESIDE: Cell<bool> = const { Cell::new(false) };
}

/// Does two things at once; the progress of the first is what a person sees.
pub(crate) fn side_by_side<A, B: Send>(first: impl FnOnce() -> Outcome<A>, second: impl FnOnce() -> Outcome<B> + Send) -> Outcome<(A, B)> {
    thread::scope(|scope| {
        let second = scope.spawn(|| {
            BESIDE.set(true);
            second()
        });
        let first = first();
        let second = second.join().unwrap_or_else(|_| Err("a thread panicked".into()));
        Ok((first?, second?))
    })
}

/// Bytes of memory that programs may still take, where the system tells.
pub(crate) fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// Announces a step, does it, and says how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    eprintln!("▸ {what}");
    let since = Instant::now();
    let result = work();
    let seconds = since.elapsed().as_secs_f64();
    match &result {
        Ok(_) => eprintln!("  {what}: done in {seconds:.1} s"),
        Err(_) => eprintln!("  {what}: failed after {seconds:.1} s"),
    }
    result
}

/// Runs a program to its end, with its output where ours goes.
///
/// # Errors
/// When it cannot be run, fails, or we are interrupted.
pub(crate) fn execute(mut command: Command) -> Outcome {
    let name = name_of(&command);
    let child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
    let status = Running { name: name.clone(), child }.wait()?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})")) }
}

/// As [`execute`], and hands every line of standard output to `line` after printing it. Answers
/// whether the program succeeded.
pub(crate) fn execute_reading(mut command: Command, mut line: impl FnMut(&str) + Send) -> Outcome<bool> {
    let name = name_of(&command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{name}: {error}"))?;
    let stdout = child.stdout.take();
    let mut running = Running { name, child };
    thread::scope(|scope| {
        scope.spawn(move || {
            for read in stdout.into_iter().flat_map(|stdout| lossy_lines(BufReader::new(stdout))) {
                println!("{read}");
                line(&read);
            }
        });
        Ok(running.wait()?.success())
    })
}

/// Runs a program to its end and hands every line that it says on standard error to `line` as it comes. Answers whether it
/// succeeded, and its standard output.
pub(crate) fn execute_listening(mut command: Command, mut line: impl FnMut(&str) + Send) -> Outcome<(bool, String)> {
    let name = name_of(&command);
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| format!("{name}: {error}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut running = Running { name, child };
    thread::scope(|scope| {
        let listening = scope.spawn(move || {
            for said in stderr.into_iter().flat_map(|stderr| lossy_lines(BufReader::new(stderr))) {
                line(&said);
            }
        });
        let reading = scope.spawn(move || {
            let lines: Vec<String> = stdout.into_iter().flat_map(|stdout| lossy_lines(BufReader::new(stdout))).collect();
            lines.join("\n")
        });
        let succeeded = running.wait()?.success();
        let broken = |_| "reading what a program said stopped".to_owned();
        listening.join().map_err(broken)?;
        Ok((succeeded, reading.join().map_err(broken)?))
    })
}

fn lossy_lines(mut reader: impl BufRead) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let mut bytes = Vec::new();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()),
        }
    })
}

/// A program's standard output, trimmed; `None` when it cannot be run or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn name_of(command: &Command) -> String {
    let mut words = vec![Path::new(command.get_program()).file_name().unwrap_or_default()];
    words.extend(command.get_args().take(2));
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A program that ends with us: dropped or interrupted, it is asked to stop and waited for.
pub(crate) struct Running {
    name: String,
    child: Child,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Outcome<Running> {
        let name = name_of(&command);
        let child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        Ok(Running { name, child })
    }

    /// The exit status if the program has ended.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.child.try_wait().map_err(|error| format!("{}: {error}", self.name))
    }

    /// Resident memory in bytes, where the system tells.
    pub(crate) fn memory(&self) -> Option<u64> {
        self.of_status("VmRSS:")
    }

    /// The most of it that there ever was.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        self.of_status("VmHWM:")
    }

    fn of_status(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
    }

    fn wait(&mut self) -> Outcome<ExitStatus> {
        let interrupted = interrupted();
        let watched = std::io::stderr().is_terminal();
        let (since, mut signs) = (Instant::now(), 1);
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if interrupted.load(Ordering::Relaxed) {
                self.stop();
                return Err("Interrupted".into());
            }
            if !watched && since.elapsed() > SIGN_OF_LIFE * signs {
                eprintln!("  {}… {} s", self.name, since.elapsed().as_secs());
                signs += 1;
            }
            thread::sleep(GLANCE);
        }
    }

    fn stop(&mut self) {
        let pid = self.child.id().to_string();
        let asked = Instant::now();
        let _ = Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status();
        while asked.elapsed() < GRACE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(GLANCE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

/// Whether somebody pressed Ctrl-C or asked us to stop. From the first call on, that no longer ends
/// this process by itself, so that databases and servers can be stopped.
pub(crate) fn interrupted() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // Without the handler an interruption ends us at once: less tidy, but no error.
            let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
        }
        flag
    })
    .clone()
}
