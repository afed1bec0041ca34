//! How fast a mobile device is, as tag `device.class` (`ingest-protocol` §4.3), so that slow ones can be told from broken ones.
//!
//! Android says clock, cores and memory; Apple only a model, whose number is that of its generation.

use model::json::{Object, Value};

/// Adds the tag for devices of people, unless the SDK sent one.
pub fn class(event: &mut Object) {
    let Some(class) = event.get("contexts").and_then(class_of) else { return };
    let tags = event.entry("tags");
    if tags.as_array().is_none() {
        *tags = Value::Array(Vec::new());
    }
    let tags = tags.as_array_mut().expect("made a list above");
    let is_sent = tags.iter().filter_map(Value::as_array).any(|pair| pair.first().and_then(Value::as_str) == Some("device.class"));
    if !is_sent {
        tags.push(Value::Array(vec![Value::from("device.class"), Value::from(class)]));
    }
}

/// Servers have cores and memory too: the system must be one of phones and tablets.
fn class_of(contexts: &Value) -> Option<&'static str> {
    let device = contexts.get("device")?;
    match contexts.str_at(&["os", "name"])?.to_ascii_lowercase().as_str() {
        "ios" | "ipados" => device.str_at(&["model"]).and_then(generation).map(class_of_generation),
        "android" => class_of_parts(device),
        _ => None,
    }
}

/// The first number of `iPhone14,2` or `iPad8,1`.
fn generation(model: &str) -> Option<u32> {
    let number = model.strip_prefix("iPhone").or(model.strip_prefix("iPad"))?;
    number.split(',').next()?.parse().ok()
}

/// Generation 12 began in 2019 with the A13, whose cores pass the clock that [`class_of_parts`] calls high; generation 9 in 2016.
fn class_of_generation(generation: u32) -> &'static str {
    match generation {
        0..9 => "low",
        9..12 => "medium",
        _ => "high",
    }
}

/// Clock in MHz, memory in bytes.
fn class_of_parts(device: &Value) -> Option<&'static str> {
    let number = |key: &str| device.get(key).and_then(Value::as_f64);
    let (clock_mhz, cores, memory_gib) = (number("processor_frequency")?, number("processor_count")?, number("memory_size")? / f64::from(1 << 30));
    Some(if clock_mhz < 2000.0 || cores < 8.0 || memory_gib < 4.0 {
        "low"
    } else if clock_mhz < 2500.0 || memory_gib < 6.0 {
        "medium"
    } else {
        "high"
    })
}
