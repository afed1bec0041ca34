//! Options from flags, environment and file into one checked configuration (design §10).

use anyhow::Context;
use clap::Args;
use config::process::{self, Given, Layer, OPTIONS, OptionError, ProcessConfig};
use std::path::{Path, PathBuf};

/// Flags of `errata serve`. Every other option is set by `--set KEY=VALUE`, environment or file.
#[derive(Args)]
pub struct Flags {
    /// Directory that holds everything the embedded size keeps [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Address for SDKs, API and web [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Address of /livez, /readyz and /metrics [default: 127.0.0.1:8001]
    #[arg(long, value_name = "ADDR")]
    internal_listen: Option<String>,
    /// URL that people and SDKs reach this by
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Roles of this process, comma-separated: ingest, worker, alerter, api, janitor [default: all]
    #[arg(long, value_name = "ROLE,…")]
    role: Option<String>,
    /// YAML file with options
    #[arg(long, value_name = "FILE", env = "ERRATA_CONFIG")]
    config: Option<PathBuf>,
    /// Any option by its key, for example queue.bytes_max=1GiB
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Flags {
    pub fn load(&self) -> anyhow::Result<ProcessConfig> {
        let flags = self.layer()?;
        let (environment, unknown) = process::environment(variables()?.into_iter(), |path| std::fs::read_to_string(path))?;
        for name in unknown {
            eprintln!("errata: warning: {name} is not an option, it has no effect");
        }
        let file = self.config.as_deref().map(file_layer).transpose()?.unwrap_or_default();
        ProcessConfig::from_layers(&[flags, environment, file]).map_err(all)
    }

    fn layer(&self) -> anyhow::Result<Layer> {
        let mut layer = Layer::new();
        let flags = [("data", &self.data), ("listen", &self.listen), ("internal_listen", &self.internal_listen), ("public_url", &self.public_url), ("role", &self.role)];
        for (key, value) in flags {
            if let Some(value) = value {
                layer.insert(key, Given { value: value.clone(), origin: format!("flag --{}", key.replace('_', "-")) });
            }
        }
        for pair in &self.set {
            let (key, value) = pair.split_once('=').with_context(|| format!("--set {pair}: write KEY=VALUE"))?;
            let option = OPTIONS.iter().find(|option| option.key == key).with_context(|| format!("--set {key}: no such option"))?;
            layer.insert(option.key, Given { value: value.to_owned(), origin: format!("flag --set {key}") });
        }
        Ok(layer)
    }
}

/// The environment, as far as it is text; ours must be.
fn variables() -> anyhow::Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => variables.push((name, value)),
            Err(_) if name.starts_with("ERRATA_") => anyhow::bail!("environment variable {name}: its value is no UTF-8"),
            Err(_) => {}
        }
    }
    Ok(variables)
}

/// The options of a YAML file.
pub fn file_layer(path: &Path) -> anyhow::Result<Layer> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    parse_file(&path.display().to_string(), &text).map_err(all)
}

/// Reads nested keys into dotted ones; unknown keys are errors.
pub fn parse_file(name: &str, text: &str) -> Result<Layer, Vec<OptionError>> {
    let error = |origin: String, key: &str, message: String| OptionError { origin, key: key.to_owned(), message };
    let value: serde_json::Value = match serde_yaml::from_str(text) {
        Ok(value) => value,
        Err(fault) => {
            let origin = fault.location().map_or_else(|| name.to_owned(), |at| format!("{name}:{}:{}", at.line(), at.column()));
            return Err(vec![error(origin, "file", fault.to_string().replace('\n', " "))]);
        }
    };
    let mut flat = Vec::new();
    flatten(String::new(), &value, &mut flat);
    let mut layer = Layer::new();
    let mut errors = Vec::new();
    for (key, value) in flat {
        let origin = format!("{name}:{}", position(text, &key));
        match OPTIONS.iter().find(|option| option.key == key) {
            Some(option) => {
                layer.insert(option.key, Given { value, origin });
            }
            None => errors.push(error(origin, &key, "no such option".into())),
        }
    }
    if errors.is_empty() { Ok(layer) } else { Err(errors) }
}

fn flatten(prefix: String, value: &serde_json::Value, flat: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(path, value, flat);
            }
        }
        serde_json::Value::Null => {}
        serde_json::Value::Array(items) => flat.push((prefix, items.iter().map(plain).collect::<Vec<_>>().join(","))),
        other => flat.push((prefix, plain(other))),
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Line and column of a dotted key: each part is looked for below the one before.
fn position(text: &str, key: &str) -> String {
    let mut line = 0;
    let mut column = 1;
    for part in key.split('.') {
        let found = text.lines().enumerate().skip(line).find(|(_, content)| content.trim_start().starts_with(&format!("{part}:")));
        if let Some((index, content)) = found {
            line = index;
            column = content.len() - content.trim_start().len() + 1;
        }
    }
    format!("{}:{column}", line + 1)
}

pub fn all(errors: Vec<OptionError>) -> anyhow::Error {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("{}", lines.join("\nerrata: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_keys_become_options_with_their_place() {
        let layer = parse_file("errata.yaml", "listen: 0.0.0.0:80\ningest:\n  rate_limit:\n    per_second: 20\nrole: [ingest, worker]\n").expect("parses");
        assert_eq!(layer["ingest.rate_limit.per_second"], Given { value: "20".into(), origin: "errata.yaml:4:5".into() });
        assert_eq!(layer["role"].value, "ingest,worker");
    }

    #[test]
    fn unknown_keys_are_errors_with_their_place() {
        let errors = parse_file("errata.yaml", "listen: a\ningest:\n  rate: 5\n").expect_err("unknown");
        assert_eq!(errors[0].to_string(), "errata.yaml:3:3: ingest.rate: no such option");
    }

    #[test]
    fn broken_yaml_is_an_error() {
        let errors = parse_file("errata.yaml", "listen: a\nrole: [1\n").expect_err("broken");
        assert!(errors[0].origin.starts_with("errata.yaml:") && errors[0].origin.split(':').count() == 3, "{}", errors[0]);
    }
}
