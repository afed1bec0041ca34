//! Wrappers that hide what went wrong: the exception inside them names the event (`grouping.md` §1.5, "main exception overrides").

use crate::view::{EventView, Exception, Mechanism};

/// The id of the exception that names the event instead of the wrapper; `None` where there is no known wrapper.
pub fn inside_wrapper(view: &EventView) -> Option<i64> {
    react_recoverable(view).or_else(|| rx_java(view))
}

fn mechanism<'v, 'e>(exception: &'v Exception<'e>) -> Option<&'v Mechanism<'e>> {
    exception.mechanism.as_ref()
}

/// React recovered from an error while rendering or hydrating and links the error itself as the cause.
fn react_recoverable(view: &EventView) -> Option<i64> {
    let is_recovery = |exception: &Exception| {
        let value = exception.value.unwrap_or_default();
        exception.kind == Some("Error") && value.starts_with("There was an error ") && (value.contains("concurrent rendering") || value.contains("hydrating"))
    };
    if !view.exceptions.iter().any(is_recovery) {
        return None;
    }
    let causes = view.exceptions.iter().filter_map(mechanism).filter(|mechanism| mechanism.source == Some("cause"));
    causes.filter_map(|mechanism| mechanism.exception_id).max()
}

/// RxJava 3 wraps what nobody handled.
fn rx_java(view: &EventView) -> Option<i64> {
    let is_wrapper = |exception: &&Exception| {
        exception.module == Some("io.reactivex.rxjava3.exceptions")
            && matches!(exception.kind, Some("OnErrorNotImplementedException" | "CompositeException" | "UndeliverableException"))
            && mechanism(exception).is_some_and(|mechanism| mechanism.kind == Some("UncaughtExceptionHandler"))
    };
    let wrapper = view.exceptions.iter().find(is_wrapper).and_then(mechanism)?.exception_id?;
    view.exceptions.iter().filter_map(mechanism).find(|child| child.parent_id == Some(wrapper)).and_then(|child| child.exception_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(exceptions: &str, expected: Option<i64>) {
        let text = format!(r#"{{"exception": {{"values": {exceptions}}}}}"#);
        let event = model::json::parse(text.as_bytes()).expect("JSON");
        assert_eq!(inside_wrapper(&EventView::new(&event)), expected, "{exceptions}");
    }

    #[test]
    fn react_recovery_is_named_by_its_cause() {
        let outer = r#"{"type": "Error", "value": "There was an error during concurrent rendering but React was able to recover by instead synchronously rendering the entire root.", "mechanism": {"type": "generic", "exception_id": 0}}"#;
        let cause = r#"{"type": "TypeError", "value": "x is undefined", "mechanism": {"type": "chained", "source": "cause", "exception_id": 1, "parent_id": 0}}"#;
        check(&format!("[{cause}, {outer}]"), Some(1));
        check(&format!("[{outer}]"), None);
        check(&format!("[{cause}]"), None);
    }

    #[test]
    fn rx_java_wrapper_is_named_by_its_child() {
        let wrapper = |kind: &str| format!(r#"{{"type": "{kind}", "module": "io.reactivex.rxjava3.exceptions", "mechanism": {{"type": "UncaughtExceptionHandler", "exception_id": 0}}}}"#);
        let child = r#"{"type": "IOException", "module": "java.io", "mechanism": {"type": "chained", "exception_id": 1, "parent_id": 0}}"#;
        for kind in ["OnErrorNotImplementedException", "CompositeException", "UndeliverableException"] {
            check(&format!("[{child}, {}]", wrapper(kind)), Some(1));
        }
        check(&format!("[{child}, {}]", wrapper("MissingBackpressureException")), None);
    }
}
