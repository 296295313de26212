//! Many callers at once, each waiting for its answer before it asks again.

use std::time::{Duration, Instant};

use crate::clock::process_cpu;

/// What a crowd achieved.
pub struct Pace {
    /// Answers a second.
    pub rate: f64,
    /// CPU microseconds of the whole process an answer.
    pub cpu_micros: f64,
    /// Answers in all.
    pub answers: u64,
}

/// `callers` tasks call `one` again and again for `time`. `one` is told which call of which caller it is.
///
/// # Errors
/// The first error of a call.
pub async fn crowd<F>(
    callers: u64,
    time: Duration,
    one: impl Fn(u64, u64) -> F + Clone + Send + 'static,
) -> anyhow::Result<Pace>
where
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let (begun, cpu) = (Instant::now(), process_cpu());
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let one = one.clone();
            tokio::spawn(async move {
                let mut calls = 0;
                while begun.elapsed() < time {
                    one(caller, calls).await?;
                    calls += 1;
                }
                anyhow::Ok(calls)
            })
        })
        .collect();
    let mut answers = 0;
    for task in tasks {
        answers += task.await??;
    }
    let cpu = process_cpu().saturating_sub(cpu);
    Ok(Pace {
        rate: answers as f64 / begun.elapsed().as_secs_f64(),
        cpu_micros: cpu.as_secs_f64() * 1e6 / answers.max(1) as f64,
        answers,
    })
}
