//! Payloads under zstd dictionaries: one shipped (id 0), then one trained per project (`reference/storage.md`).

use crate::{ports::EventsError, state::State};
use model::ids::Id;
use parking_lot::{Mutex, RwLock};
use std::{collections::HashMap, sync::Arc};
use zstd::zstd_safe::{self, CCtx, CDict, CParameter, DCtx, DDict, DictAttachPref};

/// Trained by `examples/train_dictionary.rs` on generated events of typical SDK shapes. Rows name it as 0 for ever: never replace the file.
const SHIPPED: &[u8] = include_bytes!("shipped.zdict");
/// With the dictionary attached, 18 KB payloads of one project under a dictionary of their own: level 1 makes 680 B in 8 µs, 3 makes
/// 368 B in 7 µs, 4 gains 1 % more, 5 makes 324 B in 38 µs.
const LEVEL: i32 = 3;
/// Prepared dictionaries a thread holds: about 0.5 MB each.
const PREPARED_MAX: usize = 12;
/// A payload never exceeds what ingest admits; a broken frame must not ask for more memory than this.
const PAYLOAD_BYTES_MAX: u64 = 64 << 20;

/// All dictionaries of the installation.
pub(super) struct Dictionaries {
    state: Arc<State>,
    runtime: tokio::runtime::Handle,
    newest: RwLock<HashMap<Id, Id>>,
    contents: Mutex<HashMap<Id, Arc<[u8]>>>,
}

impl Dictionaries {
    pub(super) async fn load(state: Arc<State>) -> Result<Dictionaries, EventsError> {
        let newest = state.dictionaries().await?.into_iter().map(|trained| (trained.project_id, trained.id)).collect();
        Ok(Dictionaries { state, runtime: tokio::runtime::Handle::current(), newest: RwLock::new(newest), contents: Mutex::default() })
    }

    /// The one to write a project's payloads with.
    pub(super) fn newest(&self, project_id: Id) -> Id {
        self.newest.read().get(&project_id).copied().unwrap_or(0)
    }

    /// Keeps a trained dictionary in state, then writes with it. Blocks: call from a thread of your own.
    pub(super) fn add(&self, organization_id: Id, project_id: Id, content: Vec<u8>, now_ms: i64) -> Result<(), EventsError> {
        let id = self.runtime.block_on(self.state.add_dictionary(organization_id, project_id, &content, now_ms))?;
        self.contents.lock().insert(id, content.into());
        self.newest.write().insert(project_id, id);
        Ok(())
    }

    /// Drops the dictionaries of a project of which nothing is left.
    pub(super) async fn forget(&self, project_id: Id) -> Result<(), EventsError> {
        self.newest.write().remove(&project_id);
        Ok(self.state.remove_dictionaries(project_id).await?)
    }

    /// The content of a dictionary. Blocks on state the first time: call off the runtime.
    fn content(&self, id: Id) -> Result<Arc<[u8]>, EventsError> {
        if id == 0 {
            return Ok(SHIPPED.into());
        }
        if let Some(content) = self.contents.lock().get(&id) {
            return Ok(content.clone());
        }
        let content = self.runtime.block_on(self.state.dictionary(id))?;
        let content: Arc<[u8]> = content.ok_or(EventsError::Corrupt { what: "dictionary", file: id.to_string() })?.into();
        let mut contents = self.contents.lock();
        if contents.len() >= PREPARED_MAX * 2 {
            contents.clear();
        }
        contents.insert(id, content.clone());
        Ok(content)
    }
}

/// Compresses on one thread.
pub(super) struct Compressor {
    dictionaries: Arc<Dictionaries>,
    context: CCtx<'static>,
    prepared: HashMap<Id, CDict<'static>>,
    buffer: Vec<u8>,
}

impl Compressor {
    pub(super) fn new(dictionaries: Arc<Dictionaries>) -> Compressor {
        let mut context = CCtx::create();
        // Left to itself, zstd copies the dictionary's tables (0.4 MB) before each payload above 16 KB, which doubles the time.
        context.set_parameter(CParameter::ForceAttachDict(DictAttachPref::ForceAttach)).expect("a parameter of every context");
        Compressor { dictionaries, context, prepared: HashMap::new(), buffer: Vec::new() }
    }

    /// The dictionary used and the compressed bytes, valid until the next call.
    pub(super) fn compress(&mut self, project_id: Id, payload: &[u8]) -> Result<(Id, &[u8]), EventsError> {
        let id = self.dictionaries.newest(project_id);
        if !self.prepared.contains_key(&id) {
            if self.prepared.len() >= PREPARED_MAX {
                self.prepared.clear();
            }
            self.prepared.insert(id, CDict::create(&self.dictionaries.content(id)?, LEVEL));
        }
        self.buffer.clear();
        self.buffer.reserve(zstd_safe::compress_bound(payload.len()));
        let context = &mut self.context;
        let done = context.ref_cdict(&self.prepared[&id]).and_then(|_| context.compress2(&mut self.buffer, payload));
        done.map_err(|code| broken(zstd_safe::get_error_name(code)))?;
        Ok((id, &self.buffer))
    }
}

/// Decompresses on one thread.
pub(super) struct Decompressor {
    dictionaries: Arc<Dictionaries>,
    context: DCtx<'static>,
    prepared: HashMap<Id, DDict<'static>>,
}

impl Decompressor {
    pub(super) fn new(dictionaries: Arc<Dictionaries>) -> Decompressor {
        Decompressor { dictionaries, context: DCtx::create(), prepared: HashMap::new() }
    }

    pub(super) fn decompress(&mut self, id: Id, bytes: &[u8]) -> Result<Vec<u8>, EventsError> {
        let size = zstd_safe::get_frame_content_size(bytes).ok().flatten().filter(|&size| size <= PAYLOAD_BYTES_MAX);
        let size = size.ok_or_else(|| broken("size"))? as usize;
        if !self.prepared.contains_key(&id) {
            self.prepared.insert(id, DDict::create(&self.dictionaries.content(id)?));
        }
        let mut payload = Vec::with_capacity(size);
        self.context.decompress_using_ddict(&mut payload, bytes, &self.prepared[&id]).map_err(|code| broken(zstd_safe::get_error_name(code)))?;
        Ok(payload)
    }
}

fn broken(why: &str) -> EventsError {
    EventsError::Corrupt { what: "compressed payload", file: why.to_owned() }
}
