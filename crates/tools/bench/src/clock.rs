//! Time and memory as the system accounts for them (Linux).

use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a repeated piece of work cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Shortest of the runs, wall clock.
    pub best: Duration,
    /// CPU time of this thread in all runs, divided by the runs: not disturbed by what else the machine does.
    pub cpu: Duration,
}

impl Cost {
    /// Nanoseconds an item of the best run.
    pub fn nanos(&self, items: usize) -> f64 {
        self.best.as_secs_f64() * 1e9 / items as f64
    }

    /// Nanoseconds of CPU time an item.
    pub fn cpu_nanos(&self, items: usize) -> f64 {
        self.cpu.as_secs_f64() * 1e9 / items as f64
    }
}

/// Runs `work` for at least `time` and at least three times.
///
/// # Errors
/// What `work` answers.
pub fn repeat<T>(time: Duration, mut work: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<Cost> {
    let (begun, cpu) = (Instant::now(), thread_cpu());
    let (mut best, mut runs) = (Duration::MAX, 0);
    while runs < 3 || begun.elapsed() < time {
        let start = Instant::now();
        black_box(work()?);
        best = best.min(start.elapsed());
        runs += 1;
    }
    Ok(Cost { best, cpu: thread_cpu().saturating_sub(cpu) / runs })
}

/// CPU time of the calling thread so far; advances with the scheduler's tick.
pub fn thread_cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default())
}

/// CPU time of this process so far, in the system's ticks of 10 ms.
pub fn process_cpu() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; what follows it does not.
    let mut fields = text.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11);
    let mut tick = || fields.next().and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    Duration::from_millis((tick() + tick()) * 10)
}

/// CPU time of each thread of this process that is still there, by name; threads of one name together.
pub fn threads_cpu() -> Vec<(String, Duration)> {
    let mut sums = std::collections::BTreeMap::<String, Duration>::new();
    for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let spent = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let nanos = spent.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default();
        *sums.entry(name.trim().to_owned()).or_default() += Duration::from_nanos(nanos);
    }
    sums.into_iter().collect()
}

/// The most memory that this process ever held, mapped files included, in MiB.
pub fn peak_memory() -> f64 {
    status("VmHWM:")
}

/// Watches the memory of this process that no file backs: mapped databases do not count.
pub struct Anonymous {
    stop: Arc<AtomicBool>,
    watcher: JoinHandle<f64>,
}

impl Anonymous {
    /// Begins to look, every few milliseconds.
    pub fn watch() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watcher = std::thread::spawn(move || {
            let mut peak = 0.0_f64;
            while !stopped.load(Ordering::Relaxed) {
                peak = peak.max(status("RssAnon:"));
                std::thread::sleep(Duration::from_millis(20));
            }
            peak.max(status("RssAnon:"))
        });
        Self { stop, watcher }
    }

    /// The most that was seen, in MiB.
    pub fn peak(self) -> f64 {
        self.stop.store(true, Ordering::Relaxed);
        self.watcher.join().unwrap_or_default()
    }
}

/// A line of the process's status, in MiB.
fn status(name: &str) -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
