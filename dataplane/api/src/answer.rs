//! Answers as types: what a handler may answer is its return type, and the document is made of that type.
//!
//! In: rows that serialise. Out: HTTP responses, and their description for `openapi.json`.

use crate::contract::Shapes;
use axum::{body::Body, response::{IntoResponse, Response}};
use http::{HeaderMap, HeaderValue, StatusCode, header::{CONTENT_TYPE, LINK}};
use serde::Serialize;
use utoipa::{ToSchema, openapi::{RefOr, schema::{ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type}}};

const JSON: &str = "application/json";

/// What a handler answers when it does not fail.
pub trait Answer: Sized + Send + 'static {
    fn into_response(self) -> Response;
    fn describe(shapes: &mut Shapes) -> Vec<Described>;
}

/// One possible answer, for the document.
pub struct Described {
    pub status: StatusCode,
    /// Media type and schema; `None` without a body.
    pub content: Option<(&'static str, RefOr<Schema>)>,
    pub is_paged: bool,
}

fn described(status: StatusCode, schema: RefOr<Schema>) -> Vec<Described> {
    vec![Described { status, content: Some((JSON, schema)), is_paged: false }]
}

/// A status with JSON. The content type carries no charset: sentry-cli reads JSON only so (`product-api` §3.1).
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    let body = serde_json::to_vec(value).expect("answers are strings, numbers, lists and maps with text keys");
    (status, [(CONTENT_TYPE, HeaderValue::from_static(JSON))], body).into_response()
}

macro_rules! with_status {
    ($($(#[$about:meta])* $name:ident = $status:expr;)*) => {$(
        $(#[$about])*
        pub struct $name<T>(pub T);

        impl<T: Serialize + ToSchema + Send + 'static> Answer for $name<T> {
            fn into_response(self) -> Response {
                json($status, &self.0)
            }

            fn describe(shapes: &mut Shapes) -> Vec<Described> {
                described($status, shapes.of::<T>())
            }
        }
    )*};
}

with_status! {
    /// 200 with one object.
    Json = StatusCode::OK;
    /// 201 with what was made.
    Created = StatusCode::CREATED;
    /// 202: what was asked for is done in the background.
    Accepted = StatusCode::ACCEPTED;
    /// 208 with what was there already.
    Known = StatusCode::ALREADY_REPORTED;
}

/// 200 with a whole list.
pub struct List<T>(pub Vec<T>);

impl<T: Serialize + ToSchema + Send + 'static> Answer for List<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }

    fn describe(shapes: &mut Shapes) -> Vec<Described> {
        described(StatusCode::OK, list_of(shapes.of::<T>()))
    }
}

fn list_of(items: RefOr<Schema>) -> RefOr<Schema> {
    RefOr::T(Schema::Array(ArrayBuilder::new().items(items).build()))
}

/// 200 with the rows of a page and its `Link` header.
pub struct Page<T> {
    pub rows: Vec<T>,
    pub link: HeaderValue,
    /// All rows there are, counted up to a bound: `X-Hits` and `X-Max-Hits`.
    pub hits: Option<(u64, u64)>,
    /// The search gave up before it had looked at everything: `X-Search-Incomplete`.
    pub is_incomplete: bool,
}

impl<T: Serialize + ToSchema + Send + 'static> Answer for Page<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::OK, &self.rows);
        let headers = response.headers_mut();
        headers.insert(LINK, self.link);
        if let Some((hits, max)) = self.hits {
            headers.insert("x-hits", HeaderValue::from(hits));
            headers.insert("x-max-hits", HeaderValue::from(max));
        }
        if self.is_incomplete {
            headers.insert("x-search-incomplete", HeaderValue::from_static("1"));
        }
        response
    }

    fn describe(shapes: &mut Shapes) -> Vec<Described> {
        vec![Described { status: StatusCode::OK, content: Some((JSON, list_of(shapes.of::<T>()))), is_paged: true }]
    }
}

/// 204.
pub struct NoContent;

impl Answer for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }

    fn describe(_: &mut Shapes) -> Vec<Described> {
        vec![Described { status: StatusCode::NO_CONTENT, content: None, is_paged: false }]
    }
}

/// One answer or the other.
pub enum Either<A, B> {
    This(A),
    That(B),
}

impl<A: Answer, B: Answer> Answer for Either<A, B> {
    fn into_response(self) -> Response {
        match self {
            Either::This(answer) => answer.into_response(),
            Either::That(answer) => answer.into_response(),
        }
    }

    fn describe(shapes: &mut Shapes) -> Vec<Described> {
        let mut answers = A::describe(shapes);
        answers.extend(B::describe(shapes));
        answers
    }
}

/// An answer with headers of its own, such as cookies.
pub struct WithHeaders<A>(pub A, pub HeaderMap);

impl<A: Answer> Answer for WithHeaders<A> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.headers_mut().extend(self.1);
        response
    }

    fn describe(shapes: &mut Shapes) -> Vec<Described> {
        A::describe(shapes)
    }
}

/// JSON that is stored as text already.
pub struct StoredJson(pub Vec<u8>);

impl Answer for StoredJson {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, HeaderValue::from_static(JSON))], self.0).into_response()
    }

    fn describe(_: &mut Shapes) -> Vec<Described> {
        described(StatusCode::OK, ObjectBuilder::new().schema_type(Type::Object).into())
    }
}

/// Bytes as somebody sent them: never rendered by a browser as ours.
pub struct File {
    pub body: Body,
    pub headers: HeaderMap,
}

const BINARY: &str = "application/octet-stream";

impl Answer for File {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        let headers = response.headers_mut();
        headers.extend(self.headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(BINARY));
        headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    fn describe(_: &mut Shapes) -> Vec<Described> {
        let bytes = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        vec![Described { status: StatusCode::OK, content: Some((BINARY, bytes.into())), is_paged: false }]
    }
}

/// Server-sent events.
pub struct Stream(pub Response);

impl Answer for Stream {
    fn into_response(self) -> Response {
        self.0
    }

    fn describe(_: &mut Shapes) -> Vec<Described> {
        vec![Described { status: StatusCode::OK, content: Some(("text/event-stream", ObjectBuilder::new().schema_type(Type::String).into())), is_paged: false }]
    }
}
