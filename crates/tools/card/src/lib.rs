//! Virtual My Number card; reader agent.
