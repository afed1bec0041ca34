//! Crash reports that come without an event of their own: minidumps, uploaded or as attachments, and Apple crash reports
//! (`ingest-protocol` §1.7, §2.5). No stack is walked; the dump is stored beside the event.

use super::{
    form, invalid,
    minidump::{self, Crash},
    unwrap::unwrapped_dump,
};
use crate::{
    Request,
    event::{EventInput, prepare_value},
};
use model::{
    category::Category,
    envelope::Envelope,
    ids::EventId,
    item::ItemType,
    json::{Object, Value},
    multipart::{self, Part},
    prepared::{Prepared, PreparedAttachment, PreparedOutcome},
};

/// The minidump route: a form with a dump in it, or the dump alone.
pub(crate) fn minidump(request: &Request, body: &[u8], prepared: &mut Prepared) {
    let event_id = Some(request.header.event_id);
    let Some(boundary) = multipart::boundary(&request.header.content_type) else {
        return upload(request, &[], Some(body), prepared);
    };
    let Some(parts) = multipart::parts(body, &boundary) else {
        return prepared.outcomes.push(invalid(Category::Error, "invalid_multipart", 1, event_id));
    };
    let dump = parts.iter().find(|part| part.name == DUMP_FIELD).map(|part| part.content);
    upload(request, &parts, dump, prepared);
}

pub(crate) const DUMP_FIELD: &str = "upload_file_minidump";

fn upload(request: &Request, parts: &[Part], dump: Option<&[u8]>, prepared: &mut Prepared) {
    let event_id = request.header.event_id;
    let Some(dump) = dump else {
        return prepared.outcomes.push(invalid(Category::Error, "missing_minidump_upload", 1, Some(event_id)));
    };
    let nested = nested_dump(dump);
    let Some(dump) = unwrapped_dump(nested.unwrap_or(dump), request.project.limits.decoded_bytes_max) else {
        return prepared.outcomes.push(invalid(Category::Error, "invalid_minidump", 1, Some(event_id)));
    };
    let event_bytes = form::event_bytes(parts);
    let mut event = if event_bytes <= request.project.limits.event_bytes_max {
        form::event_of_fields(parts)
    } else {
        prepared.outcomes.push(unread(event_bytes, event_id));
        Object::new()
    };
    describe_dump(&mut event, &dump);
    store_event(request, event, prepared);
    let dump_part = parts.iter().position(|part| part.name == DUMP_FIELD);
    let filename = dump_part.and_then(|at| parts[at].filename.clone()).unwrap_or_else(|| "minidump.dmp".into());
    prepared.attachments.push(PreparedAttachment {
        event_id,
        index: dump_part.unwrap_or(0) as u32,
        filename,
        content_type: None,
        attachment_type: "event.minidump".into(),
        bytes: dump.into_owned(),
    });
    let files = parts.iter().enumerate().filter(|(_, part)| part.name != DUMP_FIELD && part.filename.is_some() && !form::is_event_part(part));
    prepared.attachments.extend(files.map(|(at, part)| file(request, at, part)));
}

/// More than an event may have is not read; the crash itself is stored without what the SDK said of it.
fn unread(event_bytes: usize, event_id: EventId) -> PreparedOutcome {
    invalid(Category::Attachment, "too_large:event", event_bytes as u64, Some(event_id))
}

/// The attachments route: every file of the form; fields without a file name end as outcomes.
pub(crate) fn attachments(request: &Request, body: &[u8], prepared: &mut Prepared) {
    let event_id = Some(request.header.event_id);
    let parts = multipart::boundary(&request.header.content_type).and_then(|boundary| multipart::parts(body, &boundary));
    let Some(parts) = parts else {
        return prepared.outcomes.push(invalid(Category::Attachment, "invalid_multipart", body.len().max(1) as u64, event_id));
    };
    for (at, part) in parts.iter().enumerate() {
        match part.filename {
            Some(_) => prepared.attachments.push(file(request, at, part)),
            None => prepared.outcomes.push(invalid(Category::Attachment, "payload", part.content.len().max(1) as u64, event_id)),
        }
    }
}

fn file(request: &Request, index: usize, part: &Part) -> PreparedAttachment {
    let filename = part.filename.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| "unnamed".into());
    let attachment_type = match filename.as_str() {
        "view-hierarchy.json" => "event.view_hierarchy",
        name if name.ends_with(".nv-gpudmp") => "event.nv_gpudmp",
        name if name.ends_with(".nvdbg") => "event.nv_shader_debug",
        _ => "event.attachment",
    };
    PreparedAttachment {
        event_id: request.header.event_id,
        index: index as u32,
        filename,
        content_type: part.content_type.clone(),
        attachment_type: attachment_type.into(),
        bytes: part.content.to_vec(),
    }
}

/// An envelope whose attachments hold a crash report and that brings no event gets one.
pub(crate) fn event_of_attachments(request: &Request, envelope: &Envelope, prepared: &mut Prepared) {
    if envelope.items.iter().any(|item| item.item_type.is_some_and(ItemType::creates_event)) {
        return;
    }
    let is_new = |index: &usize| request.header.items_left_out.binary_search(&(*index as u32)).is_err();
    let attachments = || envelope.items.iter().enumerate().filter(|(index, item)| item.item_type == Some(ItemType::Attachment) && is_new(index));
    let of_type = |wanted: &str| attachments().find(|(_, item)| item.header.attachment_type.as_deref() == Some(wanted)).map(|(_, item)| envelope.payload(item));
    let of_event = || attachments().filter(|(_, item)| matches!(item.header.attachment_type.as_deref(), Some("event.payload" | "event.breadcrumbs")));
    let event_bytes: usize = of_event().map(|(_, item)| envelope.payload(item).len()).sum();
    let is_read = event_bytes <= request.project.limits.event_bytes_max;
    let payload = of_type("event.payload");
    let mut event = payload.filter(|_| is_read).and_then(form::event_of_message_pack).unwrap_or_default();
    if let Some(dump) = of_type("event.minidump") {
        describe_dump(&mut event, &unwrapped_dump(dump, request.project.limits.decoded_bytes_max).unwrap_or(dump.into()));
    } else if of_type("event.applecrashreport").is_some() {
        describe_crash(&mut event, "AppleCrashReport", "applecrashreport", None);
    } else if payload.is_none() {
        return;
    } else if !is_read {
        return prepared.outcomes.push(invalid(Category::Error, "too_large:event", 1, Some(request.header.event_id)));
    }
    if is_read {
        let crumbs = of_event().filter(|(_, item)| item.header.attachment_type.as_deref() == Some("event.breadcrumbs"));
        crumbs.for_each(|(_, item)| form::append_breadcrumbs(&mut event, envelope.payload(item)));
    } else {
        prepared.outcomes.push(unread(event_bytes, request.header.event_id));
    }
    store_event(request, event, prepared);
}

fn store_event(request: &Request, event: Object, prepared: &mut Prepared) {
    let input = EventInput { event_id: request.header.event_id, item_type: ItemType::Event, json: b"", sent_at_ms: None };
    prepare_value(request, &input, Value::Object(event), prepared);
}

/// What a dump says: reason, place, machine, modules. What the SDK said of the same stays.
fn describe_dump(event: &mut Object<'static>, dump: &[u8]) {
    let crash = minidump::read(dump);
    let is_described = ["exception", "fingerprint"].iter().any(|key| event.get(key).is_some_and(|value| !value.is_null()));
    describe_crash(event, "Minidump", "minidump", dump_time_s(dump));
    if let Some(reason) = crash.reason().filter(|_| !is_described) {
        name_crash(event, &crash, &reason);
    }
    if let Some(system) = &crash.system {
        let contexts = inner(event, "contexts");
        default_texts(inner(contexts, "os"), &[("name", system.os.name()), ("version", &system.version), ("build", &system.build)]);
        default_texts(inner(contexts, "device"), &[("arch", system.arch)]);
    }
    let images = inner(event, "debug_meta").entry("images");
    if images.is_null() && !crash.modules.is_empty() {
        *images = Value::Array(crash.modules.iter().map(|module| image(module, crash.image_type())).collect());
    }
}

/// Without its stack a crash is told from others by its reason and by where in which module it happened.
fn name_crash(event: &mut Object, crash: &Crash, reason: &str) {
    let place = crash.place().map(|(module, offset)| format!("{}+0x{offset:x}", module.name()));
    let address = crash.exception.map_or(0, |exception| exception.address);
    let value = place.clone().unwrap_or_else(|| format!("Fatal error at 0x{address:x}"));
    let print = [Some("minidump"), Some(reason), place.as_deref()];
    event.insert("fingerprint", Value::Array(print.into_iter().flatten().map(Value::string).collect()));
    let Some(exception) = event.get_mut("exception").and_then(Value::as_array_mut).and_then(|values| values.first_mut()?.as_object_mut()) else { return };
    exception.insert("type", reason.to_owned());
    exception.insert("value", value);
    let mut frame = Object::new();
    frame.insert("instruction_addr", format!("0x{address:x}"));
    if let Some((module, _)) = crash.place() {
        frame.insert("package", module.path.clone());
        frame.insert("image_addr", format!("0x{:x}", module.base));
    }
    let mut stack = Object::new();
    stack.insert("frames", Value::Array(vec![Value::Object(frame)]));
    exception.insert("stacktrace", stack);
}

fn image(module: &minidump::Module, image_type: &'static str) -> Value<'static> {
    let mut image = Object::new();
    image.insert("type", image_type);
    image.insert("code_file", module.path.clone());
    image.insert("image_addr", format!("0x{:x}", module.base));
    image.insert("image_size", i64::from(module.size));
    for (key, id) in [("debug_id", &module.debug_id), ("code_id", &module.code_id)].into_iter().filter(|(_, id)| !id.is_empty()) {
        image.insert(key, id.clone());
    }
    Value::Object(image)
}

/// The object under a key, made where there is none.
fn inner<'o>(object: &'o mut Object<'static>, key: &'static str) -> &'o mut Object<'static> {
    let value = object.entry(key);
    if value.as_object().is_none() {
        *value = Value::Object(Object::new());
    }
    value.as_object_mut().expect("made an object above")
}

fn default_texts(object: &mut Object, texts: &[(&'static str, &str)]) {
    for (key, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        if object.get(key).is_none_or(Value::is_null) {
            object.insert(*key, (*text).to_owned());
        }
    }
}

/// What can be said of a crash without walking its stack.
fn describe_crash(event: &mut Object, kind: &'static str, mechanism_type: &'static str, time_s: Option<u32>) {
    if event.get("platform").is_none_or(Value::is_null) {
        event.insert("platform", "native");
    }
    if event.get("level").is_none_or(Value::is_null) {
        event.insert("level", "fatal");
    }
    if let Some(time_s) = time_s.filter(|time_s| *time_s > 0 && event.get("timestamp").is_none_or(Value::is_null)) {
        event.insert("timestamp", i64::from(time_s));
    }
    if event.get("exception").is_some_and(|exception| !exception.is_null()) {
        return;
    }
    let mut mechanism = Object::new();
    mechanism.insert("type", mechanism_type);
    mechanism.insert("handled", false);
    let mut exception = Object::new();
    exception.insert("type", kind);
    exception.insert("value", "Native crash");
    exception.insert("mechanism", mechanism);
    event.insert("exception", Value::Array(vec![Value::Object(exception)]));
}

/// Seconds since 1970, from the dump's header.
fn dump_time_s(dump: &[u8]) -> Option<u32> {
    let bytes: [u8; 4] = dump.get(20..24)?.try_into().ok()?;
    Some(if dump.starts_with(b"PMDM") { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

/// Old Electron wraps the form in a form.
fn nested_dump(content: &[u8]) -> Option<&[u8]> {
    let line = content.strip_prefix(b"--")?;
    let line = &line[..memchr::memchr(b'\n', line)?];
    let boundary = std::str::from_utf8(line.trim_ascii_end()).ok()?;
    multipart::parts(content, boundary)?.into_iter().find(|part| part.name == DUMP_FIELD).map(|part| part.content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::minidump::tests::dump;

    fn described(given: &str, dump: &[u8]) -> Value<'static> {
        let Ok(Value::Object(mut event)) = model::json::parse(given.as_bytes()).map(Value::into_owned) else { panic!("an object") };
        describe_dump(&mut event, dump);
        Value::Object(event)
    }

    #[test]
    fn minidump_is_named_by_reason_and_grouped_by_module_and_offset() {
        let event = described("{}", &dump(0x8201, 11, 0x2010));
        let text = |path: &[&str]| event.str_at(path).unwrap_or_default().to_owned();
        let exception = &event.get("exception").and_then(Value::as_array).expect("one")[0];
        assert_eq!((exception.str_at(&["type"]), exception.str_at(&["value"])), (Some("SIGSEGV"), Some("pay.dll+0x10")));
        assert_eq!((text(&["contexts", "os", "name"]), text(&["contexts", "device", "arch"])), ("Linux".into(), "x86_64".into()));
        let prints = |event: &Value| event.get("fingerprint").cloned().map(Value::into_owned);
        assert_eq!(prints(&event), prints(&described("{}", &dump(0x8201, 11, 0x2010))));
        for other in [dump(0x8201, 11, 0x2011), dump(0x8201, 6, 0x2010), dump(0x8201, 11, 0x9999)] {
            assert_ne!(prints(&event), prints(&described("{}", &other)));
        }
        assert_eq!(event.at(&["debug_meta", "images"]).and_then(Value::as_array).map(<[Value]>::len), Some(2));
    }

    #[test]
    fn what_the_sdk_said_of_the_crash_stays() {
        let event = described(r#"{"exception": [{"type": "Mine"}], "contexts": {"os": {"name": "SteamOS"}}}"#, &dump(0x8201, 11, 0x2010));
        assert_eq!(event.get("exception").and_then(Value::as_array).and_then(|values| values[0].str_at(&["type"])), Some("Mine"));
        assert_eq!((event.str_at(&["contexts", "os", "name"]), event.get("fingerprint")), (Some("SteamOS"), None));
    }
}
