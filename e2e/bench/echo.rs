//! The physical limit on a machine: an axum server that reads a body and answers. Prints its address, then serves until killed.

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, http::header::CONTENT_TYPE, routing::post};

/// Same allowance as the server's own bodies.
const BODY_BYTES_MAX: usize = 64 << 20;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let answer = async |_: Bytes| ([(CONTENT_TYPE, "application/json")], "{\"id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}");
    let router = Router::new().route("/api/{project}/envelope/", post(answer)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await
}
