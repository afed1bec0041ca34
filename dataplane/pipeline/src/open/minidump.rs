//! What a minidump says without walking its stacks: why the process ended, where, on what machine, with which modules loaded.
//!
//! In: the bytes of a dump, trusted in nothing. Out: [`Crash`]. The layout is Microsoft's `minidumpapiset.h` with Breakpad's additions
//! (platform ids, `BpEL` build ids); every offset is checked, every list bounded. It knows nothing of events.

/// Modules read; a process loads a few hundred.
const MODULES_MAX: u32 = 2_000;
/// Streams looked at; writers make about twenty.
const STREAMS_MAX: u32 = 256;
/// UTF-16 units of a module's path.
const NAME_UNITS_MAX: usize = 1_024;

/// What is known of a crash.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Crash {
    pub exception: Option<Exception>,
    pub system: Option<System>,
    pub modules: Vec<Module>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exception {
    pub code: u32,
    /// Of the instruction on Windows and where Breakpad found it; else the address that was touched.
    pub address: u64,
    pub thread_id: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct System {
    pub os: Os,
    pub version: String,
    pub build: String,
    pub arch: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Os {
    Windows,
    MacOs,
    Ios,
    Linux,
    Android,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    pub path: String,
    pub base: u64,
    pub size: u32,
    /// As symbol servers spell it; empty where the dump has none.
    pub debug_id: String,
    pub code_id: String,
}

impl Module {
    /// The last part of the path, of either kind of separator.
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    fn contains(&self, address: u64) -> bool {
        address >= self.base && address - self.base < u64::from(self.size)
    }
}

impl Crash {
    /// The module the address lies in, and the offset inside.
    pub fn place(&self) -> Option<(&Module, u64)> {
        let address = self.exception?.address;
        let module = self.modules.iter().find(|module| module.contains(address))?;
        Some((module, address - module.base))
    }

    /// The name of the exception: `SIGSEGV`, `EXCEPTION_ACCESS_VIOLATION`, `EXC_BAD_ACCESS`; else its number.
    pub fn reason(&self) -> Option<String> {
        let code = self.exception?.code;
        let name = match self.system.as_ref().map_or(Os::Other, |system| system.os) {
            Os::Windows => windows_name(code),
            Os::MacOs | Os::Ios => mach_name(code),
            Os::Linux | Os::Android => signal_name(code),
            Os::Other => None,
        };
        Some(name.map_or_else(|| format!("0x{code:08x}"), str::to_owned))
    }
}

impl Os {
    pub fn name(self) -> &'static str {
        match self {
            Os::Windows => "Windows",
            Os::MacOs => "macOS",
            Os::Ios => "iOS",
            Os::Linux => "Linux",
            Os::Android => "Android",
            Os::Other => "unknown",
        }
    }

    fn image_type(self) -> &'static str {
        match self {
            Os::Windows => "pe",
            Os::MacOs | Os::Ios => "macho",
            Os::Linux | Os::Android | Os::Other => "elf",
        }
    }
}

impl Crash {
    /// The type of the modules as `debug_meta` names it.
    pub fn image_type(&self) -> &'static str {
        self.system.as_ref().map_or("elf", |system| system.os.image_type())
    }
}

/// Reads a dump in the byte order of the machine that wrote it; a part that is cut off or lies outside is left out.
pub(crate) fn read(dump: &[u8]) -> Crash {
    let mut crash = Crash::default();
    let Some(bytes) = Bytes::of_dump(dump) else { return crash };
    let (Some(count), Some(directory)) = (bytes.u32(8), bytes.u32(12)) else { return crash };
    for at in 0..count.min(STREAMS_MAX) {
        let entry = directory as usize + at as usize * 12;
        let (Some(kind), Some(start)) = (bytes.u32(entry), bytes.u32(entry + 8)) else { break };
        let start = start as usize;
        match kind {
            4 => crash.modules = modules(bytes, start),
            6 => crash.exception = exception(bytes, start),
            7 => crash.system = system(bytes, start),
            _ => {}
        }
    }
    crash
}

fn exception(bytes: Bytes, start: usize) -> Option<Exception> {
    Some(Exception { thread_id: bytes.u32(start)?, code: bytes.u32(start + 8)?, address: bytes.u64(start + 24)? })
}

fn system(bytes: Bytes, start: usize) -> Option<System> {
    let arch = match bytes.u16(start)? {
        0 => "x86",
        5 => "arm",
        9 => "x86_64",
        12 | 0x8003 => "arm64",
        1 => "mips",
        3 => "ppc",
        _ => "unknown",
    };
    let os = match bytes.u32(start + 20)? {
        2 => Os::Windows,
        0x8101 => Os::MacOs,
        0x8102 => Os::Ios,
        0x8201 => Os::Linux,
        0x8203 => Os::Android,
        _ => Os::Other,
    };
    let (major, minor, build) = (bytes.u32(start + 8)?, bytes.u32(start + 12)?, bytes.u32(start + 16)?);
    let text = bytes.u32(start + 24).and_then(|at| bytes.text(at as usize)).unwrap_or_default();
    // Linux writes no numbers but the text of uname.
    let version = if (major, minor, build) == (0, 0, 0) { text.split_whitespace().nth(1).unwrap_or_default().to_owned() } else { format!("{major}.{minor}.{build}") };
    Some(System { os, version, build: text, arch })
}

fn modules(bytes: Bytes, start: usize) -> Vec<Module> {
    let count = bytes.u32(start).unwrap_or(0).min(MODULES_MAX);
    (0..count as usize).map_while(|at| module(bytes, start + 4 + at * 108)).collect()
}

fn module(bytes: Bytes, start: usize) -> Option<Module> {
    let (base, size, stamp) = (bytes.u64(start)?, bytes.u32(start + 8)?, bytes.u32(start + 16)?);
    let path = bytes.u32(start + 20).and_then(|at| bytes.text(at as usize)).unwrap_or_default();
    let record = bytes.slice(bytes.u32(start + 80)? as usize, bytes.u32(start + 76)? as usize);
    let (debug_id, code_id) = record.map(|record| ids(record, stamp, size)).unwrap_or_default();
    Some(Module { path, base, size, debug_id, code_id })
}

/// Debug and code id of a CodeView record: `RSDS` (Windows, macOS) or `BpEL` (an ELF build id), numbers in the dump's order.
fn ids(record: Bytes, stamp: u32, size: u32) -> (String, String) {
    let rest = record.bytes.get(4..).unwrap_or_default();
    match record.u32(0) {
        Some(RSDS) if rest.len() >= 20 => (debug_id(&rest[..16], record.is_big_endian, record.u32(20).unwrap_or(0)), format!("{stamp:08X}{size:x}")),
        Some(BPEL) if rest.len() >= 16 => (debug_id(&rest[..16], record.is_big_endian, 0), hex::encode(rest.get(..20).unwrap_or(rest))),
        _ => (String::new(), String::new()),
    }
}

const RSDS: u32 = u32::from_le_bytes(*b"RSDS");
const BPEL: u32 = u32::from_le_bytes(*b"LEpB");

/// A GUID, whose first three fields are numbers, and the age where there is one.
fn debug_id(guid: &[u8], is_big_endian: bool, age: u32) -> String {
    let mut bytes = guid.to_vec();
    if !is_big_endian {
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
    }
    let text = hex::encode(&bytes);
    let joined = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-");
    if age == 0 { joined } else { format!("{joined}-{age:x}") }
}

/// Reads that end at the end, in one of the two orders.
#[derive(Clone, Copy)]
struct Bytes<'d> {
    bytes: &'d [u8],
    is_big_endian: bool,
}

impl<'d> Bytes<'d> {
    /// The signature is a number and so tells the order; `None` for what is no dump.
    fn of_dump(dump: &'d [u8]) -> Option<Bytes<'d>> {
        let is_big_endian = dump.starts_with(b"PMDM");
        (is_big_endian || dump.starts_with(b"MDMP")).then_some(Bytes { bytes: dump, is_big_endian })
    }

    fn slice(self, start: usize, length: usize) -> Option<Bytes<'d>> {
        Some(Bytes { bytes: self.bytes.get(start..start.checked_add(length)?)?, ..self })
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        let mut array: [u8; N] = self.slice(at, N)?.bytes.try_into().ok()?;
        if self.is_big_endian {
            array.reverse();
        }
        Some(array)
    }

    fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// A length in bytes, then UTF-16.
    fn text(self, at: usize) -> Option<String> {
        let length = (self.u32(at)? as usize).min(NAME_UNITS_MAX * 2);
        let text = self.slice(at + 4, length)?;
        let units: Vec<u16> = (0..length / 2).filter_map(|unit| text.u16(unit * 2)).collect();
        Some(String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned())
    }
}

fn windows_name(code: u32) -> Option<&'static str> {
    Some(match code {
        0x8000_0001 => "EXCEPTION_GUARD_PAGE",
        0x8000_0002 => "EXCEPTION_DATATYPE_MISALIGNMENT",
        0x8000_0003 => "EXCEPTION_BREAKPOINT",
        0x8000_0004 => "EXCEPTION_SINGLE_STEP",
        0xc000_0005 => "EXCEPTION_ACCESS_VIOLATION",
        0xc000_0006 => "EXCEPTION_IN_PAGE_ERROR",
        0xc000_0008 => "EXCEPTION_INVALID_HANDLE",
        0xc000_0017 => "STATUS_NO_MEMORY",
        0xc000_001d => "EXCEPTION_ILLEGAL_INSTRUCTION",
        0xc000_0025 => "EXCEPTION_NONCONTINUABLE_EXCEPTION",
        0xc000_008c => "EXCEPTION_BOUNDS_EXCEEDED",
        0xc000_008e => "EXCEPTION_FLT_DIVIDE_BY_ZERO",
        0xc000_0094 => "EXCEPTION_INT_DIVIDE_BY_ZERO",
        0xc000_0095 => "EXCEPTION_INT_OVERFLOW",
        0xc000_0096 => "EXCEPTION_PRIV_INSTRUCTION",
        0xc000_00fd => "EXCEPTION_STACK_OVERFLOW",
        0xc000_0374 => "STATUS_HEAP_CORRUPTION",
        0xc000_0409 => "STATUS_STACK_BUFFER_OVERRUN",
        0xe06d_7363 => "Unhandled C++ Exception",
        _ => return None,
    })
}

fn mach_name(code: u32) -> Option<&'static str> {
    Some(match code {
        1 => "EXC_BAD_ACCESS",
        2 => "EXC_BAD_INSTRUCTION",
        3 => "EXC_ARITHMETIC",
        4 => "EXC_EMULATION",
        5 => "EXC_SOFTWARE",
        6 => "EXC_BREAKPOINT",
        10 => "EXC_CRASH",
        11 => "EXC_RESOURCE",
        12 => "EXC_GUARD",
        _ => return None,
    })
}

fn signal_name(code: u32) -> Option<&'static str> {
    Some(match code {
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        31 => "SIGSYS",
        // What Breakpad writes for a dump that was asked for.
        0xffff_ffff => "DUMP_REQUESTED",
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A dump of a process with two modules that failed at an address.
    pub(crate) fn dump(platform: u32, code: u32, address: u64) -> Vec<u8> {
        dump_in(false, platform, code, address)
    }

    fn dump_in(is_big_endian: bool, platform: u32, code: u32, address: u64) -> Vec<u8> {
        let u16_bytes = |value: u16| if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let u32_bytes = |value: u32| if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let u64_bytes = |value: u64| if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut bytes = vec![0; 32 + 3 * 12];
        bytes[..4].copy_from_slice(if is_big_endian { b"PMDM" } else { b"MDMP" });
        let put = |bytes: &mut Vec<u8>, at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&u32_bytes(value));
        put(&mut bytes, 8, 3);
        put(&mut bytes, 12, 32);
        let mut names = Vec::new();
        for path in ["/opt/shop/cart", "C:\\shop\\pay.dll"] {
            names.push(bytes.len() as u32);
            let units: Vec<u8> = path.encode_utf16().flat_map(u16_bytes).collect();
            bytes.extend(u32_bytes(units.len() as u32));
            bytes.extend(units);
        }
        let build_id = bytes.len() as u32;
        bytes.extend(u32_bytes(BPEL));
        bytes.extend(0..20u8);
        for (at, kind) in [6u32, 7, 4].into_iter().enumerate() {
            let start = bytes.len() as u32;
            put(&mut bytes, 32 + at * 12, kind);
            put(&mut bytes, 32 + at * 12 + 8, start);
            let start = start as usize;
            match kind {
                6 => {
                    bytes.resize(start + 168, 0);
                    put(&mut bytes, start + 8, code);
                    bytes[start + 24..start + 32].copy_from_slice(&u64_bytes(address));
                }
                7 => {
                    bytes.resize(start + 56, 0);
                    bytes[start..start + 2].copy_from_slice(&u16_bytes(9));
                    put(&mut bytes, start + 8, 10);
                    put(&mut bytes, start + 20, platform);
                }
                _ => {
                    bytes.resize(start + 4 + 2 * 108, 0);
                    put(&mut bytes, start, 2);
                    for (at, name) in names.iter().enumerate() {
                        let module = start + 4 + at * 108;
                        bytes[module..module + 8].copy_from_slice(&u64_bytes(0x1000 * (at as u64 + 1)));
                        put(&mut bytes, module + 8, 0x1000);
                        put(&mut bytes, module + 20, *name);
                        put(&mut bytes, module + 76, 24);
                        put(&mut bytes, module + 80, build_id);
                    }
                }
            }
        }
        bytes
    }

    #[test]
    fn crash_is_named_and_placed() {
        let crash = read(&dump(0x8201, 11, 0x2010));
        let (module, offset) = crash.place().expect("lies in a module");
        assert_eq!((crash.reason().as_deref(), module.name(), offset), (Some("SIGSEGV"), "pay.dll", 0x10));
        assert_eq!((module.debug_id.as_str(), module.code_id.as_str()), ("03020100-0504-0706-0809-0a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f10111213"));
        assert_eq!(crash.system, Some(System { os: Os::Linux, version: "10.0.0".into(), build: String::new(), arch: "x86_64" }));
        assert_eq!(read(&dump(2, 0xc000_0005, 0x1)).reason().as_deref(), Some("EXCEPTION_ACCESS_VIOLATION"));
        assert_eq!(read(&dump(0x8101, 99, 0x1)).reason().as_deref(), Some("0x00000063"));
        assert_eq!(read(&dump(2, 1, 0x1)).place(), None);
    }

    #[test]
    fn both_byte_orders_say_the_same() {
        let (little, big) = (read(&dump(0x8201, 11, 0x2010)), read(&dump_in(true, 0x8201, 11, 0x2010)));
        assert_eq!((&big.exception, &big.system), (&little.exception, &little.system));
        let told = |crash: &Crash| crash.modules.iter().map(|module| (module.path.clone(), module.base, module.size, module.code_id.clone())).collect::<Vec<_>>();
        assert_eq!(told(&big), told(&little));
        // The bytes of a build id are the same; read as numbers they are not.
        assert_eq!(big.modules[0].debug_id, "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }

    #[test]
    fn cut_and_lying_dumps_say_less() {
        let whole = dump(2, 0xc000_0005, 0x2010);
        for length in 0..whole.len() {
            read(&whole[..length]);
        }
        for at in (8..whole.len()).step_by(4) {
            let mut lying = whole.clone();
            let end = (at + 4).min(lying.len());
            lying[at..end].fill(0xff);
            read(&lying);
        }
        assert_eq!(read(b"MDMP"), Crash::default());
    }
}
