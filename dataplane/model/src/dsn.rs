//! The DSN: where an SDK sends and with which key.

use crate::ids::{Id, PublicKey};

/// `{scheme}://{public_key}[:{secret}]@{host}[/{path}]/{project_id}`. Host and secret are not compared by anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dsn {
    pub scheme: String,
    pub public_key: PublicKey,
    pub secret: Option<String>,
    /// Host, with port and path prefix where given.
    pub host: String,
    pub project_id: Id,
}

impl Dsn {
    /// Reads a DSN; `None` if any part is missing or malformed.
    pub fn parse(text: &str) -> Option<Dsn> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let (credentials, place) = rest.split_once('@')?;
        let (key, secret) = match credentials.split_once(':') {
            Some((key, secret)) => (key, Some(secret.to_owned())),
            None => (credentials, None),
        };
        let place = place.split(['?', '#']).next()?.trim_end_matches('/');
        let (host, project) = place.rsplit_once('/')?;
        if host.is_empty() || !matches!(scheme, "http" | "https") {
            return None;
        }
        Some(Dsn {
            scheme: scheme.to_owned(),
            public_key: PublicKey::parse(key)?,
            secret,
            host: host.to_owned(),
            project_id: project.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";

    #[test]
    fn dsn_parts_are_found() {
        let dsn = Dsn::parse(&format!("https://{KEY}:s3cr3t@errors.example:8443/prefix/42")).expect("parses");
        assert_eq!((dsn.host.as_str(), dsn.project_id, dsn.secret.as_deref()), ("errors.example:8443/prefix", 42, Some("s3cr3t")));
    }

    #[test]
    fn malformed_dsn_is_none() {
        for text in ["", "x", "http://@h/1", "http://short@h/1", "http://h/1", "ftp://a1b2c3d4e5f60718293a4b5c6d7e8f90@h/1"] {
            assert_eq!(Dsn::parse(text), None, "{text}");
        }
        assert_eq!(Dsn::parse(&format!("http://{KEY}@h/abc")), None);
    }
}
