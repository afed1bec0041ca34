//! Scopes: what a token may do, and what a role may do (`product-api` §3.1).

use store::Role;

/// Every scope.
pub const ALL: [&str; 20] = [
    "org:read", "org:write", "org:admin", "org:integrations", "org:ci", "project:read", "project:write", "project:admin", "project:releases",
    "project:distribution", "team:read", "team:write", "team:admin", "member:read", "member:write", "member:admin", "member:invite", "event:read", "event:write",
    "event:admin",
];

/// The scopes of a role in an organization.
pub fn of_role(role: Role) -> Vec<&'static str> {
    let not: &[&str] = match role {
        Role::Owner => &[],
        Role::Manager => &["org:admin"],
        Role::Admin => &["org:write", "org:admin", "member:write", "member:admin", "project:distribution"],
        Role::Member => &["org:write", "org:admin", "org:integrations", "member:write", "member:admin", "member:invite", "team:write", "team:admin", "project:write", "project:admin", "event:admin"],
    };
    ALL.into_iter().filter(|scope| !not.contains(scope)).collect()
}

/// Whether `scopes` allow what `wanted` names. A stronger scope of the same thing implies the weaker.
pub fn allows(scopes: &[String], wanted: &str) -> bool {
    if wanted == "project:releases" && has(scopes, "org:ci") {
        return true;
    }
    let Some((thing, strength)) = wanted.split_once(':') else { return false };
    let implied_by: &[&str] = match strength {
        "read" => &["read", "write", "admin"],
        "write" => &["write", "admin"],
        "releases" => &["releases", "write", "admin"],
        other => return has(scopes, &format!("{thing}:{other}")),
    };
    implied_by.iter().any(|strength| has(scopes, &format!("{thing}:{strength}")))
}

fn has(scopes: &[String], wanted: &str) -> bool {
    scopes.iter().any(|scope| scope == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_scopes_imply_weaker() {
        let scopes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(allows(&scopes(&["event:admin"]), "event:read"));
        assert!(!allows(&scopes(&["event:read"]), "event:write"));
        assert!(allows(&scopes(&["org:ci"]), "project:releases"));
        assert!(!allows(&scopes(&["org:ci"]), "event:read"));
    }

    #[test]
    fn members_read_and_triage_but_do_not_administer() {
        let member: Vec<String> = of_role(Role::Member).into_iter().map(str::to_owned).collect();
        assert!(allows(&member, "event:write") && allows(&member, "project:read") && !allows(&member, "project:write") && !allows(&member, "member:admin"));
    }
}
