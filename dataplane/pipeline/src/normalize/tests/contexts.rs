//! §4.2: contexts, and images of debug information.

use super::*;

fn contexts(contexts: &str) -> String {
    format!(r#"{{"contexts":{contexts}}}"#)
}

#[test]
fn contexts_of_all_kinds_are_kept_and_typed_by_their_key() {
    let known = "device os client_os runtime app browser gpu profile replay feedback response otel cloud_resource nel culture state performance_score spring flags unity";
    for key in known.split(' ').chain(["mine"]) {
        check(&contexts(&format!(r#"{{"{key}":{{"name":"n","own":{{"a":1}}}}}}"#)), &format!("contexts.{key}"), &format!(r#"{{"name":"n","own":{{"a":1}},"type":"{key}"}}"#));
    }
    check(&contexts(r#"{"runtime 2":{"type":"runtime","name":"CPython"}}"#), "contexts.runtime 2.type", "\"runtime\"");
    check(&contexts(r#"{"os":{"name":"Linux"}}"#), "contexts.trace.type", "\"trace\"");
}

#[test]
fn context_that_is_no_object_is_removed_with_an_error() {
    check_invalid(&contexts(r#"{"bad":"x"}"#), "contexts.bad");
}

#[test]
fn context_has_seven_levels_and_eight_kibibytes() {
    check_depth_limit(&contexts(r#"{"mine":BAG}"#), "contexts.mine", 7);
    let sent = |length: usize| normalized(&contexts(&format!(r#"{{"mine":{{"a":"{}"}}}}"#, text(length))));
    assert_eq!(at(&sent(8192), "contexts.mine.a").len(), 8194);
    assert_eq!(at(&sent(8193), "contexts.mine.a"), format!("\"{}...\"", text(8189)));
    assert_eq!(at(&sent(8193), "_meta.contexts.mine.a..len"), "8193");
}

#[test]
fn flags_have_128_kibibytes_and_names_of_200_characters() {
    let flag = |name: &str| format!(r#"{{"flag":"{name}","result":true}}"#);
    let many = vec![flag(&text(200)); 400].join(",");
    let event = normalized(&contexts(&format!(r#"{{"flags":{{"values":[{many}]}}}}"#)));
    assert_eq!((at(&event, "contexts.flags.values.399.result"), at(&event, "_meta")), ("true".into(), "-".into()));
    let more = vec![flag(&text(200)); 800].join(",");
    assert_eq!(at(&normalized(&contexts(&format!(r#"{{"flags":{{"values":[{more}]}}}}"#))), "_meta.contexts.flags.values..len"), "800");
    check_text_limit(&contexts(r#"{"flags":{"values":[{"flag":"TEXT","result":true}]}}"#), "contexts.flags.values.0.flag", 200, 0);
}

#[test]
fn feedback_message_has_4096_characters() {
    check_text_limit(&contexts(r#"{"feedback":{"message":"TEXT"}}"#), "contexts.feedback.message", 4096, 0);
    let whole = r#"{"message":"m","contact_email":"a@b.example","name":"n","url":"http://a/","source":"widget","associated_event_id":"e","replay_id":"r","type":"feedback"}"#;
    check(&contexts(&format!(r#"{{"feedback":{whole}}}"#)), "contexts.feedback", whole);
    check_invalid(&contexts(r#"{"feedback":{"message":7}}"#), "contexts.feedback.message");
}

#[test]
fn debug_images_of_all_types_are_kept_whole() {
    for kind in ["apple", "macho", "elf", "pe", "pe_dotnet", "symbolic", "wasm", "sourcemap", "jvm", "proguard", "own"] {
        let image = format!(r#"{{"type":"{kind}","id":"i","debug_id":"d","code_id":"c","code_file":"f","image_addr":"0x1","image_size":4096,"image_vmaddr":"0x2","arch":"arm64"}}"#);
        let meta = format!(r#"{{"images":[{image}],"sdk_info":{{"sdk_name":"iOS","version_major":17}}}}"#);
        check(&format!(r#"{{"debug_meta":{meta}}}"#), "debug_meta", &meta);
    }
    check_invalid(r#"{"debug_meta":{"images":"x"}}"#, "debug_meta.images");
}
