//! The view of a tree that every FHIR resource allows.

use super::Node;

/// A tree that names its resource type (リソース).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource(Node);

/// The tree is not an object with a `resourceType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a FHIR resource: an object with a resourceType was expected")]
pub struct NotAResource;

impl NotAResource {
    /// The message in Japanese.
    pub fn ja(&self) -> &'static str {
        "FHIRリソースではありません: resourceTypeを持つオブジェクトが必要です"
    }
}

impl Resource {
    /// The tree as a resource.
    ///
    /// # Errors
    /// When it is not an object with a `resourceType`; nothing else is checked here.
    pub fn new(node: Node) -> Result<Self, NotAResource> {
        match node.get("resourceType") {
            Some(Node::String(_)) => Ok(Self(node)),
            _ => Err(NotAResource),
        }
    }

    /// The type: `Patient`, `Observation`, …
    pub fn resource_type(&self) -> &str {
        self.get("resourceType").unwrap_or_default()
    }

    /// The logical id.
    pub fn id(&self) -> Option<&str> {
        self.get("id")
    }

    /// The text at a path of keys; see [`Node::at`].
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.text_at(path)
    }

    /// The profiles that the resource says it follows, in their order.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.0.all("meta.profile").into_iter().filter_map(Node::as_str)
    }

    /// The tree.
    pub fn node(&self) -> &Node {
        &self.0
    }

    /// The tree, to change it.
    pub fn node_mut(&mut self) -> &mut Node {
        &mut self.0
    }

    /// The tree itself.
    pub fn into_node(self) -> Node {
        self.0
    }
}

impl TryFrom<Node> for Resource {
    type Error = NotAResource;

    fn try_from(node: Node) -> Result<Self, NotAResource> {
        Self::new(node)
    }
}
