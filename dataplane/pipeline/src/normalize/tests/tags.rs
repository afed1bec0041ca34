//! §4.3: tags.

use super::*;

fn tags(tags: &str) -> String {
    format!(r#"{{"tags":{tags}}}"#)
}

#[test]
fn tags_are_the_same_in_all_spellings() {
    for spelling in [r#"{"a":"x","b":"y"}"#, r#"[["a","x"],["b","y"]]"#, r#"[{"key":"a","value":"x"},{"key":"b","value":"y"}]"#] {
        check(&tags(spelling), "tags", r#"[["a","x"],["b","y"]]"#);
    }
    assert_eq!(errors(&tags(r#"[["a"],7,["b","y"]]"#)), ["invalid_data tags.0", "invalid_data tags.1"]);
}

#[test]
fn tag_keys_are_simple() {
    check(&tags(r#"[[" a b ","x"],["aZ0_.:-","y"]]"#), "tags", r#"[["a-b","x"],["aZ0_.:-","y"]]"#);
    for wrong in ["ü", "a/b", "", " ", "a\\nb"] {
        assert_eq!(errors(&tags(&format!(r#"{{"{wrong}":"x"}}"#))), ["invalid_data tags.0"], "{wrong}");
        check(&tags(&format!(r#"{{"{wrong}":"x"}}"#)), "tags", "[]");
    }
}

#[test]
fn tag_keys_have_200_characters() {
    check(&tags(&format!(r#"{{"{}":"x"}}"#, text(200))), "tags.0.0", &format!("\"{}\"", text(200)));
    let longer = tags(&format!(r#"{{"{}":"x"}}"#, text(201)));
    check(&longer, "tags", "[]");
    assert_eq!(errors(&longer), ["value_too_long tags.0"]);
}

#[test]
fn tag_values_have_200_characters() {
    check_text_limit(&tags(r#"{"a":"TEXT"}"#), "tags.0.1", 200, 0);
}

#[test]
fn tag_values_have_no_line_breaks() {
    for sent in ["x\\ny", "\\nx", "x\\r\\ny"] {
        check(&tags(&format!(r#"{{"a":"{sent}"}}"#)), "tags", r#"[["a","x"]]"#);
        assert_eq!(errors(&tags(&format!(r#"{{"a":"{sent}"}}"#))), ["invalid_data tags.0"]);
    }
}

#[test]
fn tag_values_that_are_booleans_and_numbers_become_text() {
    check(&tags(r#"{"a":true,"b":false,"c":7,"d":1.5,"e":null}"#), "tags", r#"[["a","True"],["b","False"],["c","7"],["d","1.5"]]"#);
    assert_eq!(errors(&tags(r#"{"a":{"b":1}}"#)), ["invalid_data tags.0"]);
}

#[test]
fn reserved_tags_are_removed() {
    let reserved = ["release", "dist", "user", "filename", "function"].map(|key| format!(r#"["{key}","x"]"#)).join(",");
    let event = tags(&format!(r#"[{reserved},["a","1"]]"#));
    check(&event, "tags", r#"[["a","1"]]"#);
    for key in ["release", "dist", "user"] {
        check(&event, key, "-");
    }
}

#[test]
fn server_name_and_site_are_lifted_like_the_environment() {
    let event = tags(r#"{"environment":"prod","server_name":"web-1","site":"main","a":"1"}"#);
    for (key, expected) in [("environment", "\"prod\""), ("server_name", "\"web-1\""), ("site", "\"main\""), ("tags", r#"[["a","1"]]"#)] {
        check(&event, key, expected);
    }
}

#[test]
fn first_of_two_tags_wins() {
    check(&tags(r#"[["a","1"],["a","2"],["environment","x"],["environment","y"]]"#), "tags", r#"[["a","1"]]"#);
    check(&tags(r#"[["environment","x"],["environment","y"]]"#), "environment", "\"x\"");
}

#[test]
fn remark_names_the_place_where_the_tag_stands() {
    let event = normalized(&tags(&format!(r#"[["release","r"],["environment","e"],["a","{}"]]"#, text(300))));
    assert_eq!((at(&event, "tags.0.0"), at(&event, "_meta.tags.0.1..len")), ("\"a\"".into(), "300".into()));
}

fn device(os: &str, device: &str) -> String {
    format!(r#"{{"contexts":{{"os":{{"name":"{os}"}},"device":{device}}}}}"#)
}

#[test]
fn class_of_an_android_device_is_told_by_clock_cores_and_memory() {
    let parts = |clock: u32, cores: u32, gib: u64| device("Android", &format!(r#"{{"processor_frequency":{clock},"processor_count":{cores},"memory_size":{}}}"#, gib << 30));
    for (sent, class) in [
        (parts(1999, 8, 8), "low"),
        (parts(3000, 7, 8), "low"),
        (parts(3000, 8, 3), "low"),
        (parts(2000, 8, 4), "medium"),
        (parts(2499, 8, 8), "medium"),
        (parts(3000, 8, 5), "medium"),
        (parts(2500, 8, 6), "high"),
    ] {
        check(&sent, "tags", &format!(r#"[["device.class","{class}"]]"#));
    }
    check(&device("Android", r#"{"processor_count":8}"#), "tags", "-");
}

#[test]
fn class_of_an_apple_device_is_told_by_its_generation() {
    for (model, class) in [("iPhone8,1", "low"), ("iPhone9,1", "medium"), ("iPhone11,8", "medium"), ("iPhone12,1", "high"), ("iPad6,3", "low"), ("iPad13,4", "high")] {
        check(&device("iOS", &format!(r#"{{"model":"{model}"}}"#)), "tags", &format!(r#"[["device.class","{class}"]]"#));
    }
    check(&device("iOS", r#"{"model":"arm64"}"#), "tags", "-");
}

#[test]
fn servers_have_no_device_class_and_the_one_sent_stays() {
    let fast = r#"{"processor_frequency":3000,"processor_count":8,"memory_size":17179869184}"#;
    check(&device("Linux", fast), "tags", "-");
    check(&format!(r#"{{"tags":{{"device.class":"low"}},{}"#, &device("Android", fast)[1..]), "tags", r#"[["device.class","low"]]"#);
}
