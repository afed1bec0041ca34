//! Makes nearly-JSON into JSON: what real SDKs send and a strict parser refuses.

/// A copy of `bytes` with lone surrogate escapes as `\ufffd`, `NaN` and infinities as `null`, overflowing floats as
/// `null`, raw control characters escaped and invalid UTF-8 replaced. `None` if there was nothing to repair.
pub(super) fn repair(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let mut repairer = Repairer { source: text.as_bytes(), at: 0, out: Vec::with_capacity(text.len() + 64) };
    repairer.run();
    (repairer.out != bytes).then_some(repairer.out)
}

struct Repairer<'a> {
    source: &'a [u8],
    at: usize,
    out: Vec<u8>,
}

impl Repairer<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.source.get(self.at) {
            match byte {
                b'"' => self.string(),
                b'N' | b'I' | b'-' | b'0'..=b'9' => self.number(),
                _ => self.copy(1),
            }
        }
    }

    fn copy(&mut self, count: usize) {
        let end = (self.at + count).min(self.source.len());
        self.out.extend_from_slice(&self.source[self.at..end]);
        self.at = end;
    }

    fn string(&mut self) {
        self.copy(1);
        while let Some(&byte) = self.source.get(self.at) {
            match byte {
                b'"' => return self.copy(1),
                b'\\' if self.source.get(self.at + 1) == Some(&b'u') => self.unicode_escape(),
                b'\\' => self.copy(2),
                0..=0x1f => {
                    self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                    self.at += 1;
                }
                _ => self.copy(1),
            }
        }
    }

    fn unicode_escape(&mut self) {
        match (self.code_unit(self.at), self.code_unit(self.at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => self.copy(12),
            (Some(0xd800..=0xdfff), _) => {
                self.out.extend_from_slice(b"\\ufffd");
                self.at += 6;
            }
            _ => self.copy(2),
        }
    }

    fn code_unit(&self, at: usize) -> Option<u16> {
        let escape = self.source.get(at..at + 6)?;
        let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) {
        let rest = &self.source[self.at..];
        for word in [&b"NaN"[..], b"-Infinity", b"Infinity"] {
            if rest.starts_with(word) {
                self.out.extend_from_slice(b"null");
                self.at += word.len();
                return;
            }
        }
        let length = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count().max(1);
        let overflows = std::str::from_utf8(&rest[..length]).ok().and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_infinite);
        if overflows {
            self.out.extend_from_slice(b"null");
            self.at += length;
        } else {
            self.copy(length);
        }
    }
}
