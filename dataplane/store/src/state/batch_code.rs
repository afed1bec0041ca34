//! A batch decision as bytes: varints, about 6 bytes a unit.

use crate::ports::{BatchDecision, BatchKey, Fate, RecordDecision, StateError, UnitDecision};

/// Writes the records; the key is in columns.
pub(crate) fn encode(decision: &BatchDecision) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(decision.records.len() * 16);
    for record in &decision.records {
        let RecordDecision { offset, organization_id, project_id, key_id, received_ms, units } = record;
        for value in [*offset, *organization_id as u64, *project_id as u64, *key_id as u64, *received_ms as u64, units.len() as u64] {
            put(&mut bytes, value);
        }
        for UnitDecision { fate, hash_id, issue_id } in units {
            bytes.push(*fate as u8);
            put(&mut bytes, *hash_id as u64);
            put(&mut bytes, *issue_id as u64);
        }
    }
    bytes
}

/// Reads what [`encode`] wrote.
pub(crate) fn decode(key: BatchKey, bytes: &[u8]) -> Result<BatchDecision, StateError> {
    let mut rest = bytes;
    let mut records = Vec::new();
    while !rest.is_empty() {
        records.push(record(&mut rest).ok_or(StateError::Corrupt { what: "batch row" })?);
    }
    Ok(BatchDecision { key, records })
}

fn record(rest: &mut &[u8]) -> Option<RecordDecision> {
    let offset = take(rest)?;
    let [organization_id, project_id, key_id, received_ms] = [take(rest)?, take(rest)?, take(rest)?, take(rest)?].map(|value| value as i64);
    let count = take(rest)?;
    let mut units = Vec::new();
    for _ in 0..count {
        let (&fate, after) = rest.split_first()?;
        *rest = after;
        let fate = *Fate::ALL.get(usize::from(fate))?;
        units.push(UnitDecision { fate, hash_id: take(rest)? as i64, issue_id: take(rest)? as i64 });
    }
    Some(RecordDecision { offset, organization_id, project_id, key_id, received_ms, units })
}

/// Appends a LEB128 number.
pub(crate) fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes a LEB128 number.
pub(crate) fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
