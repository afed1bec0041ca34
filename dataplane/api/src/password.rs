//! Passwords: argon2id hashes, and random ones for first users.

use crate::ApiError;
use tokio::sync::Semaphore;
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};

/// Hashes made at once for callers of the API: 2 are 38 MiB and both cores of a small machine; twice as many only wait for each other.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Does such work off the runtime, in its turn.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    let _turn = TURNS.acquire().await.expect("never closed");
    tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::Unavailable(Box::new(error)))
}

/// As [`hash_password`], in its turn.
///
/// # Errors
/// [`ApiError::Unavailable`] where the process ends meanwhile.
pub async fn hashed(password: String) -> Result<String, ApiError> {
    in_turn(move || hash_password(&password)).await
}

/// As [`verify_password`], in its turn.
///
/// # Errors
/// As [`hashed`].
pub async fn verified(password: String, hash: String) -> Result<bool, ApiError> {
    in_turn(move || verify_password(&password, &hash)).await
}

/// The argon2id hash of a password, in PHC form. Takes about 20 ms and 19 MiB (the crate's and OWASP's defaults).
pub fn hash_password(password: &str) -> String {
    Argon2::default().hash_password(password.as_bytes()).expect("the default parameters are valid and the system has randomness").to_string()
}

/// Whether the password is the hashed one. A malformed hash matches nothing.
pub fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// 20 characters of an alphabet without look-alikes: about 116 bits.
pub fn random_password() -> String {
    const ALPHABET: &[u8; 56] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut password = String::new();
    while password.len() < 20 {
        let mut byte = [0; 1];
        getrandom::fill(&mut byte).expect("the system has randomness");
        // Rejecting the tail keeps all characters equally likely.
        if byte[0] < 224 {
            password.push(char::from(ALPHABET[usize::from(byte[0]) % ALPHABET.len()]));
        }
    }
    password
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_matches_its_own_hash_only() {
        let hash = hash_password("right");
        assert!(verify_password("right", &hash) && !verify_password("wrong", &hash) && !verify_password("right", "nonsense"));
    }

    #[test]
    fn random_passwords_differ() {
        assert_ne!(random_password(), random_password());
        assert_eq!(random_password().len(), 20);
    }
}
