//! Figures with their units and goals, for people and for programs.

use serde::Serialize;

/// The outcome of one benchmark.
#[derive(Debug, Serialize)]
pub struct Table {
    title: String,
    cores: usize,
    figures: Vec<Figure>,
}

/// One measured value.
#[derive(Debug, Serialize)]
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// What the value should be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Table {
    /// An empty table.
    pub fn new(title: impl Into<String>) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        Self { title: title.into(), cores, figures: Vec::new() }
    }

    /// Adds a value.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) -> &mut Figure {
        self.figures.push(Figure { name: name.into(), value, unit, goal: None, note: String::new() });
        let last = self.figures.len() - 1;
        // The element was pushed a line ago.
        #[expect(clippy::indexing_slicing, reason = "the element was pushed just now")]
        &mut self.figures[last]
    }

    /// Prints it, as a table or as JSON.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string_pretty(self)?);
            return Ok(());
        }
        println!("{} ({} cores)", self.title, self.cores);
        for figure in &self.figures {
            let Figure { name, value, unit, note, .. } = figure;
            println!("  {name:<58}{:>14} {unit:<12} {:<14} {note}", shown(*value), figure.verdict());
        }
        Ok(())
    }
}

impl Figure {
    /// States the goal.
    pub fn goal(&mut self, goal: Goal) -> &mut Self {
        self.goal = Some(goal);
        self
    }

    /// Adds a remark.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.note = note.into();
        self
    }

    fn verdict(&self) -> String {
        let (met, text) = match self.goal {
            None => return String::new(),
            Some(Goal::AtLeast(goal)) => (self.value >= goal, format!(">= {}", shown(goal))),
            Some(Goal::AtMost(goal)) => (self.value <= goal, format!("<= {}", shown(goal))),
        };
        format!("{text} {}", if met { "ok" } else { "MISSED" })
    }
}

/// Three significant digits at least, thousands separated.
fn shown(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let grouped: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{}{}", if value < 0.0 { "-" } else { "" }, grouped.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_easily_and_goals_are_judged() {
        assert_eq!(shown(1_234_567.8), "1,234,568");
        assert_eq!(shown(6.254), "6.25");
        let mut table = Table::new("x");
        assert!(table.add("a", 3.0, "ns").goal(Goal::AtMost(3.0)).verdict().ends_with("ok"));
        assert!(table.add("b", 3.0, "1/s").goal(Goal::AtLeast(4.0)).verdict().ends_with("MISSED"));
    }
}
