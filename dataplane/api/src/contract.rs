//! An operation of the API as a value: handler, scope, parameters, shapes of body and answers. Router and document are made of it, so
//! that neither can say what the other does not.
//!
//! In: a handler and a few words. Out: an axum route that enforces the scope, and what `document` needs. It knows no path.

use crate::{Api, ApiError, answer::{Answer, Described}, request::{Body, Call}};
use axum::{Extension, routing::{MethodFilter, MethodRouter, on}};
use serde::de::DeserializeOwned;
use std::{future::Future, sync::Arc};
use utoipa::{ToSchema, openapi::{Ref, RefOr, path::HttpMethod, schema::Schema}};

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// Anybody who is known.
    Caller,
    /// A caller with this scope in the organization that the path names.
    Scope(&'static str),
}

impl From<&'static str> for Needs {
    fn from(scope: &'static str) -> Needs {
        Needs::Scope(scope)
    }
}

/// A parameter of the query string.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    Integer,
    /// One of these; an empty text means none was chosen.
    Choice(&'static [&'static str]),
    /// May be repeated.
    Texts,
}

/// What a request must keep to; the router hands it to the call.
#[derive(Debug, Clone)]
pub struct Contract {
    pub needs: Needs,
    pub parameters: Arc<[Parameter]>,
}

pub struct Operation {
    pub method: HttpMethod,
    pub needs: Needs,
    pub summary: &'static str,
    pub parameters: Vec<Parameter>,
    pub describe: fn(&mut Shapes) -> Shape,
    route: MethodRouter<Api>,
}

impl Operation {
    /// Parameters of the query string.
    pub fn asks(mut self, groups: &[&[Parameter]]) -> Operation {
        self.parameters.extend(groups.iter().flat_map(|group| group.iter().copied()));
        self
    }

    pub fn into_route(self) -> MethodRouter<Api> {
        self.route.layer(Extension(Contract { needs: self.needs, parameters: self.parameters.into() }))
    }
}

/// Body and answers of an operation.
pub struct Shape {
    pub body: Option<RefOr<Schema>>,
    pub answers: Vec<Described>,
}

/// Schemas met while describing, by name.
#[derive(Default)]
pub struct Shapes(pub Vec<(String, RefOr<Schema>)>);

impl Shapes {
    /// A reference to the schema of `T`, noted with all that it refers to.
    pub fn of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let name = T::name().into_owned();
        self.0.push((name.clone(), T::schema()));
        T::schemas(&mut self.0);
        RefOr::Ref(Ref::from_schema_name(name))
    }
}

/// A function that answers calls: `fn(Call)` or `fn(Call, Body<T>)`.
pub trait Handle<Marker>: Clone + Send + Sync + 'static {
    fn route(self, filter: MethodFilter) -> MethodRouter<Api>;
    fn describe(shapes: &mut Shapes) -> Shape;
}

impl<H, F, A> Handle<(A,)> for H
where
    H: Fn(Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<A, ApiError>> + Send + 'static,
    A: Answer,
{
    fn route(self, filter: MethodFilter) -> MethodRouter<Api> {
        on(filter, move |call: Call| async move { self(call).await.map(A::into_response) })
    }

    fn describe(shapes: &mut Shapes) -> Shape {
        Shape { body: None, answers: A::describe(shapes) }
    }
}

impl<H, F, T, A> Handle<(T, A)> for H
where
    H: Fn(Call, Body<T>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<A, ApiError>> + Send + 'static,
    T: DeserializeOwned + ToSchema + Send + 'static,
    A: Answer,
{
    fn route(self, filter: MethodFilter) -> MethodRouter<Api> {
        on(filter, move |call: Call| async move {
            let body = call.body();
            self(call, body).await.map(A::into_response)
        })
    }

    fn describe(shapes: &mut Shapes) -> Shape {
        Shape { body: Some(shapes.of::<T>()), answers: A::describe(shapes) }
    }
}

fn operation<M, H: Handle<M>>(method: HttpMethod, filter: MethodFilter, handler: H, needs: impl Into<Needs>, summary: &'static str) -> Operation {
    Operation { method, needs: needs.into(), summary, parameters: Vec::new(), describe: H::describe, route: handler.route(filter) }
}

pub fn get<M, H: Handle<M>>(handler: H, needs: impl Into<Needs>, summary: &'static str) -> Operation {
    operation(HttpMethod::Get, MethodFilter::GET, handler, needs, summary)
}

pub fn post<M, H: Handle<M>>(handler: H, needs: impl Into<Needs>, summary: &'static str) -> Operation {
    operation(HttpMethod::Post, MethodFilter::POST, handler, needs, summary)
}

pub fn put<M, H: Handle<M>>(handler: H, needs: impl Into<Needs>, summary: &'static str) -> Operation {
    operation(HttpMethod::Put, MethodFilter::PUT, handler, needs, summary)
}

pub fn delete<M, H: Handle<M>>(handler: H, needs: impl Into<Needs>, summary: &'static str) -> Operation {
    operation(HttpMethod::Delete, MethodFilter::DELETE, handler, needs, summary)
}
