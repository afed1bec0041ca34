//! pipeline
pub struct Project { pub id: i64 }
impl Project { pub fn compile(id: i64, _slug: &str, _organization_id: i64, _options: config::project::ProjectOptions) -> Project { Project { id } } }
#[derive(Default)]
pub struct Resources {}
pub fn prepare(_header: &model::record::RecordHeader, _body: &[u8], _project: &Project, _resources: &Resources, _now_ms: i64) -> model::prepared::Prepared { Default::default() }
