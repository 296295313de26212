//! A synthetic population with ground truth, in the real file formats.
