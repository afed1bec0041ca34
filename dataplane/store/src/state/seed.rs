//! The first start: organization, team, project `default` with a key (design §10). The caller makes the owner.

use super::State;
use crate::ports::{NewProject, Organizations, Projects, StateError, Teams};

impl State {
    /// Creates `default` where no organization exists; answers whether it did. A start that was interrupted here resumes.
    pub(crate) async fn seed(&self, now_ms: i64) -> Result<bool, StateError> {
        let existing = self.organizations().await?;
        let organization = match existing.first() {
            None => self.create_organization("default", "Default", now_ms).await?,
            Some(organization) => organization.clone(),
        };
        let fresh = self.teams(organization.id).await?.is_empty() && self.projects(organization.id).await?.is_empty() && organization.slug == "default";
        if !fresh {
            return Ok(false);
        }
        let team = self.create_team(organization.id, "default", "Default", now_ms).await?;
        let project = NewProject { organization_id: organization.id, slug: "default".into(), name: "Default".into(), platform: None, teams: vec![team.id] };
        self.create_project(&project, now_ms).await?;
        Ok(true)
    }
}
