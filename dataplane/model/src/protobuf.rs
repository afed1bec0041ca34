//! The wire format of protobuf, as far as telling it from noise and counting need: fields by number, contents unread.

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'m> {
    pub number: u64,
    /// Of a length-delimited field: a text or a message.
    pub content: Option<&'m [u8]>,
}

/// Walks the fields of a message; the walk ends with `None` inside where the bytes are no protobuf.
pub fn fields(message: &[u8]) -> impl Iterator<Item = Option<Field<'_>>> {
    let mut rest = Some(message);
    std::iter::from_fn(move || {
        let mut bytes = rest.filter(|bytes| !bytes.is_empty())?;
        let field = field(&mut bytes);
        rest = field.is_some().then_some(bytes);
        Some(field)
    })
}

/// Whether the bytes are a sequence of well-formed fields.
pub fn is_message(bytes: &[u8]) -> bool {
    fields(bytes).all(|field| field.is_some())
}

/// How many fields stand at the end of a path of length-delimited field numbers; `None` if this is no protobuf.
pub fn count(message: &[u8], path: &[u64]) -> Option<u64> {
    let (wanted, rest) = path.split_first()?;
    let mut count = 0;
    for field in fields(message) {
        let field = field?;
        if let Some(content) = field.content.filter(|_| field.number == *wanted) {
            count += if rest.is_empty() { 1 } else { self::count(content, rest)? };
        }
    }
    Some(count)
}

fn field<'m>(bytes: &mut &'m [u8]) -> Option<Field<'m>> {
    let tag = varint(bytes)?;
    let number = tag >> 3;
    let length = match tag & 7 {
        0 => {
            varint(bytes)?;
            0
        }
        1 => 8,
        2 => usize::try_from(varint(bytes)?).ok()?,
        5 => 4,
        _ => return None,
    };
    let (content, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    (number != 0).then_some(Field { number, content: (tag & 7 == 2).then_some(content) })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protobuf_is_told_from_noise() {
        assert!(is_message(b"") && is_message(b"\x0a\x03abc\x0a\x00\x10\x01"));
        for noise in [&b"{\"a\":1}"[..], b"\x0a\x05abc", b"\xff\xff\xff", b"hello", b"\x02\x00"] {
            assert!(!is_message(noise), "{noise:?}");
        }
    }

    #[test]
    fn fields_are_counted_along_a_path() {
        // resource_spans { scope_spans { spans {} spans {} } }
        let scope = [0x12, 0, 0x12, 0];
        let resource = [&[0x12, scope.len() as u8][..], &scope].concat();
        let message = [&[0x0a, resource.len() as u8][..], &resource].concat();
        assert_eq!(count(&message, &[1, 2, 2]), Some(2));
        assert_eq!(count(&message[..5], &[1, 2, 2]), None);
    }
}
