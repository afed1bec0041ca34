//! Values that occur everywhere: ids, times, and texts out of a fixed set.

use crate::iso;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use utoipa::{PartialSchema, ToSchema, openapi::{RefOr, schema::{ArrayBuilder, ArrayItems, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type}}};

/// An id: a number that is written as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(pub i64);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^-?[0-9]+$")).description(Some("A number as a text.")).into()
    }
}

impl ToSchema for Id {}

/// A time in milliseconds since 1970, written as ISO 8601 in UTC.
#[derive(Debug, Clone, Copy)]
pub struct Time(pub i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&iso(self.0))
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).description(Some("ISO 8601, UTC, with `Z`.")).into()
    }
}

impl ToSchema for Time {}

/// A point of a series: seconds since 1970 and a count.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Point(pub i64, pub u64);

impl PartialSchema for Point {
    fn schema() -> RefOr<Schema> {
        let items: Vec<Schema> = [i64::schema(), u64::schema()].into_iter().filter_map(|part| if let RefOr::T(part) = part { Some(part) } else { None }).collect();
        RefOr::T(Schema::Array(ArrayBuilder::new().prefix_items(items).items(ArrayItems::False).description(Some("Seconds since 1970 and a count.")).build()))
    }
}

impl ToSchema for Point {}

/// An object without fields, where clients look for one.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct Empty {}

/// Texts out of a fixed set, for the document.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident = $words:expr;)*) => {$(
        $(#[$about])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($words)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

words! {
    Level = ["sample", "debug", "info", "warning", "error", "fatal"];
    IssueStatus = ["unresolved", "resolved", "ignored"];
    IssueSubstatus = ["new", "ongoing", "regressed", "escalating", "archived_forever", "archived_until_escalating", "archived_until_condition_met"];
    IssuePriority = ["low", "medium", "high"];
    IssueCategory = ["error", "feedback"];
    ActorType = ["user", "team"];
    RoleName = store::Role::ALL.map(store::Role::name);
    ScopeName = crate::SCOPES;
    ActivityType = store::ActivityKind::ALL.map(store::ActivityKind::name);
    OutcomeName = model::outcome::OutcomeKind::ALL.map(model::outcome::OutcomeKind::name);
}
