//! `errata explain-grouping EVENT.json`: why an event is grouped as it is, without a server.

use anyhow::Context;
use clap::Args;
use pipeline::explain::{self, Explanation, RuleTexts};
use std::{path::{Path, PathBuf}, process::ExitCode};

#[derive(Args)]
pub struct ExplainGrouping {
    /// The event as an SDK sends it, or as stored
    event: PathBuf,
    /// newstyle:2026-01-20 or newstyle:2023-01-11
    #[arg(long)]
    config: Option<String>,
    /// Stack trace rules that replace the built-in set
    #[arg(long, value_name = "FILE")]
    enhancements: Option<PathBuf>,
    /// Stack trace rules after the built-in set
    #[arg(long, value_name = "FILE")]
    add_enhancements: Option<PathBuf>,
    /// Fingerprint rules
    #[arg(long, value_name = "FILE")]
    fingerprinting: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ExplainGrouping {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let event = std::fs::read(&self.event).with_context(|| format!("read {}", self.event.display()))?;
        let base = self.enhancements.as_deref().map(read).transpose()?;
        let added = self.add_enhancements.as_deref().map(read).transpose()?.unwrap_or_default();
        let fingerprinting = self.fingerprinting.as_deref().map(read).transpose()?.unwrap_or_default();
        let faults = explain::check_rules(&format!("{}\n{added}", base.as_deref().unwrap_or_default()), &fingerprinting);
        for fault in &faults {
            eprintln!("errata: {} line {}, column {}: {}", fault.field, fault.line, fault.column, fault.message);
        }
        let texts = RuleTexts { config: self.config.as_deref(), base_enhancements: base.as_deref(), enhancements: &added, fingerprinting: &fingerprinting };
        let explanation = explain::explain(&event, &texts.compile()?)?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&explanation)?);
        } else {
            print(&explanation);
        }
        Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(super::FOUND_ERRORS) })
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

fn print(explanation: &Explanation) {
    println!("configuration  {}", explanation.config);
    explanation.hashes.iter().for_each(|hash| println!("hash           {hash}"));
    for (name, variant) in &explanation.variants {
        let text = |key: &str| variant.get(key).and_then(|value| value.as_str()).unwrap_or("-").to_owned();
        let contributes = variant.get("contributes").and_then(|value| value.as_bool()).unwrap_or(false);
        println!("\n{name}: {} {}", text("type"), if contributes { "contributes" } else { "does not contribute" });
        if let Some(hint) = variant.get("hint").and_then(|hint| hint.as_str()) {
            println!("  {hint}");
        }
        if let Some(component) = variant.get("component").filter(|component| !component.is_null()) {
            print_component(component, 1);
        }
    }
}

/// One line per component, indented; what contributes is marked.
fn print_component(component: &serde_json::Value, depth: usize) {
    let Some(object) = component.as_object() else { return println!("{}{component}", "  ".repeat(depth + 1)) };
    let contributes = object.get("contributes").and_then(|value| value.as_bool()).unwrap_or(false);
    let text = |key: &str| object.get(key).and_then(|value| value.as_str()).unwrap_or_default();
    let hint = if text("hint").is_empty() { String::new() } else { format!(" ({})", text("hint")) };
    println!("{}{} {}{hint}", "  ".repeat(depth), if contributes { "*" } else { "-" }, text("id"));
    for value in object.get("values").and_then(|values| values.as_array()).into_iter().flatten() {
        print_component(value, depth + 1);
    }
}
