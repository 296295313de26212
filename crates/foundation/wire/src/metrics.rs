//! Counters and latency histograms in fixed memory, written as Prometheus text (計測).
//!
//! A handle is resolved once and then costs one or two atomic additions. Nothing grows between scrapes, so a role that
//! nobody scrapes costs nothing either.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

/// Upper bounds of the latency buckets, microseconds.
const BOUNDS_US: [u64; 17] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// A number that only grows.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The sum so far.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Sets the value.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds `n`, which may be negative.
    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// The present value.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long something took, in buckets from 50 µs to 10 s.
#[derive(Debug, Clone, Default)]
pub struct Histogram(Arc<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    /// One a bound and one for what is above the last bound.
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Histogram {
    /// Records one duration.
    pub fn record(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.partition_point(|bound| *bound < us);
        if let Some(count) = self.0.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// How many durations were recorded.
    pub fn count(&self) -> u64 {
        self.0.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// The bucket bound under which the share `q` (0..=1) of all durations lies; None when there are none.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let mut left = (total as f64 * q.clamp(0.0, 1.0)).ceil().max(1.0) as u64;
        for (count, bound) in self.0.counts.iter().zip(BOUNDS_US) {
            let count = count.load(Ordering::Relaxed);
            if count >= left {
                return Some(Duration::from_micros(bound));
            }
            left -= count;
        }
        Some(Duration::MAX)
    }
}

/// All series of a process, or of a test.
#[derive(Debug, Default)]
pub struct Registry {
    families: RwLock<BTreeMap<&'static str, Family>>,
}

#[derive(Debug)]
struct Family {
    help: &'static str,
    series: BTreeMap<String, Series>,
}

#[derive(Debug, Clone)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// The registry of this process, which every role's `/metrics` shows.
    pub fn global() -> &'static Registry {
        static GLOBAL: OnceLock<Registry> = OnceLock::new();
        GLOBAL.get_or_init(Registry::new)
    }

    /// The counter `name` (Prometheus style: `musubi_..._total`) with these labels, made at first use.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Counter {
        match self.series(name, help, labels, || Series::Counter(Counter::default())) {
            Series::Counter(counter) => counter,
            _ => clash(name),
        }
    }

    /// The gauge `name` with these labels, made at first use.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
        match self.series(name, help, labels, || Series::Gauge(Gauge::default())) {
            Series::Gauge(gauge) => gauge,
            _ => clash(name),
        }
    }

    /// The histogram `name` (`musubi_..._seconds`) with these labels, made at first use.
    pub fn histogram(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Histogram {
        match self.series(name, help, labels, || Series::Histogram(Histogram::default())) {
            Series::Histogram(histogram) => histogram,
            _ => clash(name),
        }
    }

    /// All series in the Prometheus text format 0.0.4, sorted by name and labels.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let Ok(families) = self.families.read() else { return text };
        for (name, family) in families.iter() {
            // Writing to a String cannot fail.
            let _ = write_family(&mut text, name, family);
        }
        text
    }

    fn series(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
        make: impl FnOnce() -> Series,
    ) -> Series {
        let key = label_text(labels);
        let mut families = match self.families.write() {
            Ok(families) => families,
            Err(poisoned) => poisoned.into_inner(),
        };
        let family = families.entry(name).or_insert_with(|| Family { help, series: BTreeMap::new() });
        family.series.entry(key).or_insert_with(make).clone()
    }
}

/// One name was asked for as two kinds: a bug that must not take a role down, so the second gets a detached handle.
fn clash<T: Default>(name: &str) -> T {
    tracing::error!(name, "a metric of this name exists with another kind");
    T::default()
}

fn write_family(text: &mut String, name: &str, family: &Family) -> std::fmt::Result {
    let kind = match family.series.values().next() {
        Some(Series::Counter(_)) => "counter",
        Some(Series::Gauge(_)) => "gauge",
        Some(Series::Histogram(_)) => "histogram",
        None => return Ok(()),
    };
    writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", family.help)?;
    for (labels, series) in &family.series {
        match series {
            Series::Counter(counter) => writeln!(text, "{name}{} {}", braced(labels), counter.value())?,
            Series::Gauge(gauge) => writeln!(text, "{name}{} {}", braced(labels), gauge.value())?,
            Series::Histogram(histogram) => write_histogram(text, name, labels, histogram)?,
        }
    }
    Ok(())
}

fn write_histogram(text: &mut String, name: &str, labels: &str, histogram: &Histogram) -> std::fmt::Result {
    let comma = if labels.is_empty() { "" } else { "," };
    let mut total = 0;
    for (bucket, count) in histogram.0.counts.iter().enumerate() {
        total += count.load(Ordering::Relaxed);
        match BOUNDS_US.get(bucket) {
            Some(us) => {
                writeln!(text, "{name}_bucket{{{labels}{comma}le=\"{}\"}} {total}", *us as f64 / 1e6)?;
            }
            None => writeln!(text, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {total}")?,
        }
    }
    let sum = histogram.0.sum_us.load(Ordering::Relaxed) as f64 / 1e6;
    let labels = braced(labels);
    writeln!(text, "{name}_sum{labels} {sum}\n{name}_count{labels} {total}")
}

fn braced(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!("{{{labels}}}") }
}

fn label_text(labels: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for c in value.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                c => text.push(c),
            }
        }
        text.push('"');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_prometheus_text() {
        let registry = Registry::new();
        registry.counter("musubi_x_total", "X.", &[("a", "q\"\\\n")]).add(3);
        registry.gauge("musubi_g", "G.", &[]).set(-2);
        let histogram = registry.histogram("musubi_h_seconds", "H.", &[("r", "/")]);
        histogram.record(Duration::from_micros(100));
        histogram.record(Duration::from_secs(11));
        let text = registry.render();
        assert!(
            text.contains("# TYPE musubi_x_total counter\nmusubi_x_total{a=\"q\\\"\\\\\\n\"} 3\n"),
            "{text}"
        );
        assert!(text.contains("musubi_g -2\n"));
        assert!(text.contains("musubi_h_seconds_bucket{r=\"/\",le=\"0.00005\"} 0\n"));
        assert!(text.contains("musubi_h_seconds_bucket{r=\"/\",le=\"0.0001\"} 1\n"));
        assert!(text.contains("musubi_h_seconds_bucket{r=\"/\",le=\"+Inf\"} 2\n"));
        assert!(text.contains("musubi_h_seconds_sum{r=\"/\"} 11.0001\n"));
        assert!(text.contains("musubi_h_seconds_count{r=\"/\"} 2\n"));
    }

    #[test]
    fn one_series_a_name_and_labels() {
        let registry = Registry::new();
        registry.counter("c", "", &[("a", "1")]).add(1);
        registry.counter("c", "", &[("a", "1")]).add(1);
        assert_eq!(registry.counter("c", "", &[("a", "1")]).value(), 2);
        assert_eq!(registry.counter("c", "", &[("a", "2")]).value(), 0);
        assert_eq!(registry.gauge("c", "", &[("a", "1")]).value(), 0, "a clash of kinds is detached");
    }

    #[test]
    fn quantiles_are_bucket_bounds() {
        let histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for _ in 0..99 {
            histogram.record(Duration::from_micros(80));
        }
        histogram.record(Duration::from_millis(15));
        assert_eq!(histogram.quantile(0.5), Some(Duration::from_micros(100)));
        assert_eq!(histogram.quantile(0.99), Some(Duration::from_micros(100)));
        assert_eq!(histogram.quantile(1.0), Some(Duration::from_millis(20)));
    }
}
