//! The messages that carry a My Number: administrative roles only.
