//! What other processes tell through Postgres (`LISTEN errata`): names of raised revisions. SQLite has one process and is silent.

use crate::{ports::Changes, state::Db};
use sqlx::postgres::PgListener;

/// Listens from the first wait on; a lost connection is opened anew by the wait after.
pub(crate) struct Notices {
    url: Option<String>,
    name: &'static str,
    listener: Option<PgListener>,
}

impl Notices {
    pub(crate) fn new(db: &Db, name: &'static str) -> Notices {
        Notices { url: db.url.clone(), name, listener: None }
    }

    async fn hear(&mut self, url: &str) -> sqlx::Result<()> {
        let listener = match &mut self.listener {
            Some(listener) => listener,
            None => {
                let mut listener = PgListener::connect(url).await?;
                listener.listen("errata").await?;
                self.listener.insert(listener)
            }
        };
        while listener.recv().await?.payload() != self.name {}
        Ok(())
    }
}

#[async_trait::async_trait]
impl Changes for Notices {
    async fn next(&mut self) {
        let Some(url) = self.url.clone() else { return std::future::pending().await };
        if let Err(error) = self.hear(&url).await {
            tracing::debug!(%error, "listen for changes; the poll of revisions goes on");
            self.listener = None;
            std::future::pending().await
        }
    }
}
